"""Reads of received messages, for the people who look after the interface."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, defer

from worklist.audit.models import AuditEvent
from worklist.errors import NotFoundError
from worklist.hl7.models import InboundMessage, InboxState, OutboundMessage
from worklist.hl7.segment_view import SegmentView, readable, views
from worklist.language.text import _
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.patients import names
from worklist.patients.models import Patient, PatientIdentifier


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """What to look for; what is empty does not matter.

    ``patient`` is a number or the beginning of a name; ``message_type`` is ``ORM`` or ``ORM^O01``.
    ``patient_id`` and ``order_id`` are our own ids, which an address may hold.
    """

    patient: str = ""
    patient_id: int | None = None
    order_id: int | None = None
    accession: str = ""
    control_id: str = ""
    message_type: str = ""
    state: InboxState | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDetail:
    """One message with all that there is to tell of it.

    ``text`` is what an editor shows, a line for each segment. ``corrected_by`` is the message that
    a person put in its place. ``replies`` are the answers that went out later.
    """

    message: InboundMessage
    segments: list[SegmentView]
    answer: list[SegmentView]
    text: str
    order: ImagingServiceRequest | None
    exams: list[ScheduledProcedureStep]
    patient: Patient | None
    corrected_by: int | None
    replies: list[OutboundMessage]


def search(session: Session, wanted: MessageFilter) -> Select[InboundMessage]:
    """Return the statement of the messages that fit, without their content."""
    inbox = InboundMessage
    statement = (
        select(inbox)
        .where(*_conditions(wanted))
        .options(defer(inbox.raw), defer(inbox.acknowledgement))
    )
    if wanted.patient:
        statement = statement.where(_about_patient(session, wanted.patient))
    if wanted.patient_id is not None:
        statement = statement.where(_about_known_patient(session, wanted.patient_id))
    return statement


def detail(session: Session, message_id: int) -> MessageDetail:
    """Return one message.

    Raises:
        NotFoundError: there is no such message.
    """
    message = session.get(InboundMessage, message_id)
    if message is None:
        raise NotFoundError(_("There is no message %(message_id)s.", message_id=message_id))
    order = session.get(ImagingServiceRequest, message.order_id) if message.order_id else None
    corrected_by = session.scalar(
        select(InboundMessage.id)
        .where(InboundMessage.corrects_id == message_id)
        .order_by(InboundMessage.id.desc())
        .limit(1)
    )
    text = readable(message.raw)[0]
    return MessageDetail(
        message=message,
        segments=views(message.raw, error_location=message.error_location),
        answer=views(message.acknowledgement),
        text="\n".join(line for line in text.replace("\r\n", "\r").split("\r") if line),
        order=order,
        exams=order.exams if order else [],
        patient=session.get(Patient, message.patient_id) if message.patient_id else None,
        corrected_by=corrected_by,
        replies=_replies(session, message_id),
    )


def _replies(session: Session, message_id: int) -> list[OutboundMessage]:
    """Return what its sender was told later, oldest first."""
    about = AuditEvent.detail["message_id"].astext == str(message_id)
    statement = (
        select(OutboundMessage)
        .join(AuditEvent, AuditEvent.id == OutboundMessage.event_id)
        .where(AuditEvent.action.startswith("message."), about)
        .order_by(OutboundMessage.id)
    )
    return list(session.scalars(statement))


def _conditions(wanted: MessageFilter) -> list[ColumnElement[bool]]:
    inbox = InboundMessage
    found: list[ColumnElement[bool]] = []
    if wanted.control_id:
        found.append(inbox.control_id == wanted.control_id)
    if wanted.message_type:
        kind = wanted.message_type.upper()
        whole = inbox.message_type == kind
        found.append(
            whole if "^" in kind else or_(whole, inbox.message_type.startswith(f"{kind}^"))
        )
    if wanted.state is not None:
        found.append(inbox.state == wanted.state)
    if wanted.since is not None:
        found.append(inbox.received_at >= wanted.since)
    if wanted.order_id is not None:
        found.append(inbox.order_id == wanted.order_id)
    if wanted.accession:
        orders = select(ImagingServiceRequest.id).where(
            ImagingServiceRequest.accession_number == wanted.accession
        )
        found.append(inbox.order_id.in_(orders))
    return found


def _about_patient(session: Session, patient: str) -> ColumnElement[bool]:
    """Match what concerned the patient, and failed messages that name the number."""
    patients = select(PatientIdentifier.patient_id).where(PatientIdentifier.value == patient)
    by_name = select(Patient.id).where(Patient.search_name.startswith(names.normalise(patient)))
    issuers = session.scalars(select(PatientIdentifier.issuer).distinct())
    lanes = [f"patient:{issuer}|{patient}" for issuer in issuers]
    return or_(InboundMessage.patient_id.in_(patients.union(by_name)), _failed_about(lanes))


def _about_known_patient(session: Session, patient_id: int) -> ColumnElement[bool]:
    """Match what concerned the patient, and failed messages that name one of the numbers."""
    numbers = select(PatientIdentifier.issuer, PatientIdentifier.value).where(
        PatientIdentifier.patient_id == patient_id
    )
    lanes = [f"patient:{issuer}|{value}" for issuer, value in session.execute(numbers)]
    return or_(InboundMessage.patient_id == patient_id, _failed_about(lanes))


def _failed_about(lanes: list[str]) -> ColumnElement[bool]:
    return and_(InboundMessage.state == InboxState.FAILED, InboundMessage.lanes.overlap(lanes))
