"""HL7 messages that came in, for programs: looking, correcting, replaying, trying."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import NotFoundError
from worklist.hl7 import browser, correction, process
from worklist.hl7.browser import MessageFilter
from worklist.hl7.dry_run import DryRun
from worklist.hl7.models import InboundMessage, InboxState
from worklist.hl7.segment_view import readable
from worklist.web import context
from worklist.web.api.fields import After, Input, ListQuery, Output, Page, RowId, SortedBy
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.messages import queries
from worklist.web.messages.trial import try_out

api = Operations("Messages", "HL7 messages that came in, and trying one without a trace.")

Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class ReceivedMessage(Output):
    """A message that came in; ``error_location`` is written as in HL7 ERR-2."""

    id: int
    received_at: datetime
    channel: str
    peer: str
    sending_application: str
    sending_facility: str
    control_id: str
    message_type: str
    version: str
    state: InboxState
    acknowledgement_code: str
    attempts: int
    processed_at: datetime | None
    error_code: str
    error_location: str
    error_text: str
    patient_id: int | None
    order_id: int | None
    corrects_id: int | None

    @classmethod
    def of(cls, message: InboundMessage) -> Self:
        """Describe a message."""
        return cls.model_validate(message)


class ReceivedDetail(Output):
    """A message with its text, a line for each segment, and the answer that was sent."""

    message: ReceivedMessage
    text: str
    answer: str
    corrected_by: int | None


class InboxQuery(ListQuery):
    """Which messages; the newest come first.

    ``sort`` is received, from, type or control, with ``-`` backwards.
    """

    state: InboxState | None = None
    type: Annotated[Word, Field(description="ORM or ORM^O01.")] = ""
    control_id: Word = ""
    patient_id: RowId | None = None
    order_id: RowId | None = None
    sort: SortedBy = ""
    after: After = ""


class NumberText(Input):
    """A patient number, accession, order number or control id."""

    text: Annotated[Word, StringConstraints(min_length=1)]


class NumberMeaning(Output):
    """What to ask the inbox for."""

    patient_id: int | None
    order_id: int | None
    control_id: str


class MessageText(Input):
    """A message, a line for each segment."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=500_000)]


class TrialText(MessageText):
    """A message to try, as if it came from this peer."""

    peer: Annotated[str, StringConstraints(max_length=64)] = ""


class ExamTrial(Output):
    """What would become of an exam; ``entry`` is its worklist entry."""

    description: str
    modality: str
    status: str
    reason: str
    room: str
    starts_at: datetime | None
    findings: list[str]
    entry: list[str]


class OrderTrial(Output):
    """What would become of an order."""

    placer_order_number: str
    accession_number: str
    priority: str
    patient: str
    exams: list[ExamTrial]


class Trial(Output):
    """What would become of a message: the answer, what is wrong and where, and what it does."""

    answer: str
    peer: str
    error: str
    place: str
    patient: str
    events: list[str]
    remarks: list[str]
    orders: list[OrderTrial]

    @classmethod
    def of(cls, found: DryRun) -> Self:
        """Describe a trial."""
        return cls(
            answer=as_lines(readable(found.answer.content)[0]),
            peer=found.peer,
            error=found.error,
            place=found.place,
            patient=found.patient,
            events=[str(one) for one in found.events],
            remarks=[str(one) for one in found.remarks],
            orders=[OrderTrial.model_validate(one) for one in found.orders],
        )


@api.get("/messages", Permission.SEE_MESSAGES, twins="messages.inbox")
def list_messages(session: Session, query: InboxQuery) -> Page[ReceivedMessage]:
    """List messages that came in."""
    wanted = MessageFilter(
        state=query.state,
        message_type=query.type,
        control_id=query.control_id,
        patient_id=query.patient_id,
        order_id=query.order_id,
    )
    sorting = queries.received_by(query.sort)
    found = queries.inbox(session, wanted, sorting, after=query.after, rows=query.limit)
    items = [ReceivedMessage.of(one) for one in found.rows]
    return Page(items=items, next=page_after(found.after))


@api.post("/messages/find", Permission.SEE_MESSAGES, twins="messages.find")
def find_messages(session: Session, body: NumberText) -> NumberMeaning:
    """Tell what a number means; it is a POST because a patient's number is not part of an address.

    Ask the inbox for what is answered.
    """
    found = queries.find(session, body.text)
    if found is None:
        raise NotFoundError(f"No patient, order or message has the number {body.text!r}.")
    return NumberMeaning(
        patient_id=found.patient_id, order_id=found.order_id, control_id=found.control_id
    )


@api.get("/messages/<int:message_id>", Permission.SEE_MESSAGES, twins="messages.show")
def read_message(session: Session, message_id: int) -> ReceivedDetail:
    """Return a message with its text and its answer."""
    return _received(session, message_id)


@api.post("/messages/<int:message_id>/replay", Permission.ADMINISTER, twins="messages.replay")
def replay_message(session: Session, message_id: int) -> ReceivedDetail:
    """Have a failed message processed again."""
    process.replay(
        session, message_id, actor=context.actor(), now=context.now(), zone=context.zone()
    )
    return _received(session, message_id)


@api.post(
    "/messages/<int:message_id>/correct",
    Permission.ADMINISTER,
    creates="/messages/{id}",
    twins="messages.correct",
)
def correct_message(session: Session, message_id: int, body: MessageText) -> ReceivedMessage:
    """Put another text in the place of a failed message, which is kept."""
    corrected = correction.correct(
        session,
        message_id,
        body.text,
        actor=context.actor(),
        now=context.now(),
        zone=context.zone(),
    )
    session.flush()
    return ReceivedMessage.of(corrected)


@api.post("/messages/try", Permission.SEE_MESSAGES, twins="messages.run_trial messages.trial")
def try_message(body: TrialText) -> Trial:
    """Tell what would become of a message; nothing is stored."""
    return Trial.of(try_out(body.text, body.peer))


def _received(session: Session, message_id: int) -> ReceivedDetail:
    found = browser.detail(session, message_id)
    return ReceivedDetail(
        message=ReceivedMessage.of(found.message),
        text=found.text,
        answer=as_lines(readable(found.message.acknowledgement)[0]),
        corrected_by=found.corrected_by,
    )


def as_lines(text: str) -> str:
    """Return a message's text with a line for each segment."""
    return text.replace("\r", "\n").strip("\n")
