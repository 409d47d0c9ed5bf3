"""HL7 messages that go out, for programs: their delivery, replaying, giving up, trying at once."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.hl7.models import OutboxState
from worklist.hl7.outbound import queries as outbound
from worklist.hl7.outbound import service as outbox
from worklist.language.text import ngettext
from worklist.web import context
from worklist.web.api.fields import After, Done, Input, ListQuery, Output, Page, SortedBy
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.messages import queries
from worklist.web.messages.api import Word, as_lines

api = Operations("Outbox", "HL7 messages that go out, and how their delivery goes.")


class SentMessage(Output):
    """A message to a peer and how its delivery goes."""

    id: int
    destination: str
    choice: str
    message_type: str
    control: str
    control_id: str
    state: OutboxState
    replay: int
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    delivered_at: datetime | None
    error_text: str
    action: str
    patient_id: int | None
    order_id: int | None
    exam_id: int | None


class SentDetail(Output):
    """A message to a peer with its text and the peer's answer."""

    message: SentMessage
    text: str
    answer: str
    others: list[SentMessage]


class OutboxQuery(ListQuery):
    """Which messages; the newest come first.

    ``sort`` is written, to, type or state, with ``-`` backwards.
    """

    state: OutboxState | None = None
    peer: Annotated[str, StringConstraints(max_length=64)] = ""
    control_id: Word = ""
    sort: SortedBy = ""
    after: After = ""


class PeerName(Input):
    """A peer."""

    peer: Annotated[str, StringConstraints(min_length=1, max_length=64)]


@api.get("/outbox", Permission.SEE_MESSAGES, twins="messages.outbox")
def list_outbox(session: Session, query: OutboxQuery) -> Page[SentMessage]:
    """List messages that go out."""
    found = queries.outbox(
        session,
        outbound.OutboxFilter(
            state=query.state, destination=query.peer, control_id=query.control_id
        ),
        queries.sent_by(query.sort),
        after=query.after,
        rows=query.limit,
    )
    items = [SentMessage.model_validate(one) for one in found.rows]
    return Page(items=items, next=page_after(found.after))


@api.get("/outbox/<int:message_id>", Permission.SEE_MESSAGES, twins="messages.show_sent")
def read_sent(session: Session, message_id: int) -> SentDetail:
    """Return a message that goes out, with the peer's answer."""
    return _sent(session, message_id)


@api.post(
    "/outbox/<int:message_id>/replay",
    Permission.ADMINISTER,
    creates="/outbox/{id}",
    twins="messages.replay_sent",
)
def replay_sent(session: Session, message_id: int) -> SentMessage:
    """Write a message anew and send it."""
    again = outbox.replay(
        session, message_id, actor=context.actor(), now=context.now(), zone=context.zone()
    )
    session.flush()
    return _sent(session, again.id).message


@api.post("/outbox/<int:message_id>/discard", Permission.ADMINISTER, twins="messages.discard")
def discard_sent(session: Session, message_id: int) -> SentDetail:
    """Give a waiting message up: those behind it go on."""
    outbox.discard(session, message_id, actor=context.actor(), now=context.now())
    session.flush()
    return _sent(session, message_id)


@api.post("/outbox/retry", Permission.ADMINISTER, twins="messages.retry")
def retry_outbox(session: Session, body: PeerName) -> Done:
    """Try what waits for a peer at once."""
    number = outbox.retry_now(session, body.peer, actor=context.actor(), now=context.now())
    return Done(
        text=ngettext(
            "%(num)s message for %(peer)s is tried now.",
            "%(num)s messages for %(peer)s are tried now.",
            number,
            peer=body.peer,
        )
    )


def _sent(session: Session, message_id: int) -> SentDetail:
    found = outbound.message(session, message_id)
    return SentDetail(
        message=SentMessage.model_validate(found.line),
        text=as_lines(found.text),
        answer=as_lines(found.answer),
        others=[SentMessage.model_validate(one) for one in found.others],
    )
