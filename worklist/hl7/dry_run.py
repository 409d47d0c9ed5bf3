"""Try a message: its answer, what it would do, what a scanner would get; nothing is stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worklist import db
from worklist.audit.models import AuditEvent
from worklist.errors import DomainError, NotFoundError
from worklist.hl7 import effects, senders
from worklist.hl7.acknowledge import Acknowledgement, acknowledge
from worklist.hl7.errors import ErrorCode, MessageError
from worklist.hl7.interpret import interpret
from worklist.hl7.outcome import Outcome
from worklist.hl7.peers import queries as peers
from worklist.language.text import _
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.patients.models import Patient
from worklist.scheduling import placement
from worklist.scheduling.queries import newest_placement

ACTOR = "system:dry-run"

EntryText = Callable[[Session, int], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamTrial:
    """An exam as it would be; ``entry`` are the lines of its worklist entry."""

    description: str
    modality: str
    status: str
    reason: str
    room: str
    starts_at: datetime | None
    findings: tuple[str, ...]
    entry: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTrial:
    """An order as it would be."""

    placer_order_number: str
    accession_number: str
    priority: str
    patient: str
    exams: tuple[ExamTrial, ...]


@dataclass(slots=True, kw_only=True)
class DryRun:
    """What would become of a message; ``error`` and ``place`` say why it would fail, if it would.

    ``events`` are what the trail would have, in its words.
    """

    answer: Acknowledgement
    peer: str = ""
    error: str = ""
    place: str = ""
    patient: str = ""
    events: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    orders: list[OrderTrial] = field(default_factory=list)


def dry_run(
    sessions: db.SessionFactory,
    raw: bytes,
    *,
    now: datetime,
    zone: ZoneInfo,
    entry_text: EntryText,
    peer_name: str = "",
) -> DryRun:
    """Do everything in a transaction that is rolled back.

    Args:
        sessions: Makes the session.
        raw: The message.
        now: The time.
        zone: The site's time zone.
        entry_text: Tells an exam's worklist entry, line by line: DICOM's part.
        peer_name: By whose profile to read it; empty takes the peer that the header names.

    Raises:
        NotFoundError: there is no such peer.
    """
    with sessions() as session:
        try:
            return _try(session, raw, now=now, zone=zone, entry_text=entry_text, name=peer_name)
        finally:
            session.rollback()


def _try(
    session: Session,
    raw: bytes,
    *,
    now: datetime,
    zone: ZoneInfo,
    entry_text: EntryText,
    name: str,
) -> DryRun:
    peer = peers.find(session, name) if name else senders.peer_of(session, raw, "")
    if name and peer is None:
        raise NotFoundError(_("There is no peer %(name)s.", name=name))
    reading = interpret(raw, zone=zone, now=now, peer=peer)
    answer = acknowledge(
        reading.header,
        reading.error,
        now=now.astimezone(zone),
        codec=reading.codec,
        response=reading.response,
    )
    result = DryRun(answer=answer, peer=peer.name if peer else "")
    if reading.error is not None or reading.content is None:
        _tell_error(result, reading.error)
        return result
    result.remarks += reading.content.remarks
    before = session.scalar(select(func.coalesce(func.max(AuditEvent.id), 0))) or 0
    try:
        outcome = effects.apply(session, reading.content, actor=ACTOR, now=now)
        session.flush()
    except MessageError as error:
        _tell_error(result, error)
    except DomainError as error:
        _tell_error(result, MessageError(str(error), code=ErrorCode.INTERNAL))
    else:
        _tell_effects(session, result, outcome, before=before, now=now, entry_text=entry_text)
    return result


def _tell_effects(
    session: Session,
    result: DryRun,
    outcome: Outcome,
    *,
    before: int,
    now: datetime,
    entry_text: EntryText,
) -> None:
    """Tell what was done since the audit event ``before``, and where the exams come to be."""
    result.remarks += outcome.remarks
    orders = _orders(session, outcome, before)
    for order in orders:
        for exam in order.exams:
            placement.place(session, exam.id, actor=ACTOR, now=now)
    result.orders = [_order(session, order, entry_text) for order in orders]
    patient = session.get(Patient, outcome.patient_id) if outcome.patient_id else None
    result.patient = _person(patient) if patient else ""
    actions = select(AuditEvent.action).where(AuditEvent.id > before).order_by(AuditEvent.id)
    result.events = list(session.scalars(actions))


def _tell_error(result: DryRun, error: MessageError | None) -> None:
    if error is not None:
        result.error = f"{error.code} {error.code.meaning}: {error.text}"
        result.place = str(error.location or "")


def _orders(session: Session, outcome: Outcome, before: int) -> list[ImagingServiceRequest]:
    """Return every order that the message would touch."""
    touched = select(AuditEvent.order_id).where(
        AuditEvent.id > before, AuditEvent.order_id.is_not(None)
    )
    ids = {outcome.order_id, *session.scalars(touched)} - {None}
    statement = select(ImagingServiceRequest).where(ImagingServiceRequest.id.in_(ids))
    return list(session.scalars(statement.order_by(ImagingServiceRequest.id)))


def _order(session: Session, order: ImagingServiceRequest, entry_text: EntryText) -> OrderTrial:
    return OrderTrial(
        placer_order_number=order.placer_order_number or "",
        accession_number=order.accession_number,
        priority=order.priority,
        patient=_person(order.patient),
        exams=tuple(_exam(session, exam, entry_text) for exam in order.exams),
    )


def _exam(session: Session, exam: ScheduledProcedureStep, entry_text: EntryText) -> ExamTrial:
    placed = newest_placement(session, exam.id)
    findings = placed.explanation.get("findings", []) if placed else []
    return ExamTrial(
        description=exam.description,
        modality=exam.modality,
        status=exam.status,
        reason=exam.status_reason or (placed.summary if placed else ""),
        room=exam.room.code if exam.room else "",
        starts_at=exam.starts_at,
        findings=tuple(
            f"{one.get('rule', '')}: {one.get('question') or one.get('text', '')}"
            for one in findings
        ),
        entry=tuple(entry_text(session, exam.id)) if exam.starts_at else (),
    )


def _person(patient: Patient) -> str:
    number = patient.primary_identifier
    return f"{patient.display_name} ({number.value if number else 'no number'})"
