"""What a message is about, read once for each event."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.audit.models import AuditEvent
from worklist.catalogue.models import Room, Site, Station
from worklist.catalogue.sites import IN_USE_FIRST
from worklist.hl7.peers.file import PeerEntry
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import StepStatus
from worklist.patients import service as patients
from worklist.patients.models import Patient, PatientIdentifier, PatientMerge
from worklist.reading.critical import queries as critical
from worklist.reading.critical.models import CriticalFinding
from worklist.reading.models import Report
from worklist.reading.reports import reports_of

_TELLS_READING = frozenset({"report", "critical"})


@dataclass(frozen=True, slots=True)
class Appointment:
    """A room, a time, and the scanner that does it."""

    starts_at: datetime
    ends_at: datetime
    room: Room | None
    station: Station | None


@dataclass(frozen=True, slots=True)
class Step:
    """A scheduled procedure step with its slot and status at the time of the event."""

    exam: ScheduledProcedureStep
    slot: Appointment | None
    status: StepStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The event and the patient that it is about.

    Attributes:
        event: What happened; its detail holds what may have changed since.
        patient: The patient; after a merge the survivor.
        identifiers: Those that are the patient's own, the main one first.
        merged: The patient that was merged, and the identifiers that were its own.
    """

    event: AuditEvent
    patient: Patient
    identifiers: tuple[PatientIdentifier, ...]
    merged: Patient | None = None
    merged_identifiers: tuple[PatientIdentifier, ...] = ()

    @property
    def detail(self) -> dict[str, Any]:
        """What the event keeps."""
        return self.event.detail


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSubject(Subject):
    """An event about an order.

    Attributes:
        order: The order.
        requested: The order's procedure.
        steps: The procedure's steps.
        exam: The step that the event is about.
        site: Where it happens.
        reports: The procedure's reports up to the one that the event is about.
        findings: The procedure's critical findings that were raised by then.
    """

    order: ImagingServiceRequest
    requested: RequestedProcedure
    steps: tuple[Step, ...]
    exam: Step
    site: Site | None = None
    reports: tuple[Report, ...] = ()
    findings: tuple[CriticalFinding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom a message is for.

    ``told`` is the last order control code by which the peer heard of the procedure, empty where
    it has not.
    """

    peer: PeerEntry
    zone: ZoneInfo
    now: datetime
    told: str = ""


def load(session: Session, event: AuditEvent) -> Subject | None:
    """Read what the event is about; None where that is nobody."""
    exam = session.get(ScheduledProcedureStep, event.exam_id) if event.exam_id else None
    order = session.get(ImagingServiceRequest, event.order_id) if event.order_id else None
    order = order or (exam.order if exam else None)
    if order is not None and order.requested_procedures:
        return _order_subject(session, event, order, exam)
    if event.patient_id is None:
        return None
    patient = patients.survivor(session, session.get_one(Patient, event.patient_id))
    merged, merged_identifiers = _merged(session, event)
    return Subject(
        event=event,
        patient=patient,
        identifiers=own_identifiers(session, patient),
        merged=merged,
        merged_identifiers=merged_identifiers,
    )


def _order_subject(
    session: Session,
    event: AuditEvent,
    order: ImagingServiceRequest,
    exam: ScheduledProcedureStep | None,
) -> OrderSubject:
    requested = exam.requested_procedure if exam else order.requested_procedures[0]
    steps = tuple(_step(session, one, event) for one in requested.steps)
    concerned = next((step for step in steps if exam and step.exam.id == exam.id), steps[0])
    return OrderSubject(
        event=event,
        patient=order.patient,
        identifiers=own_identifiers(session, order.patient),
        order=order,
        requested=requested,
        steps=steps,
        exam=concerned,
        site=_site(session, concerned),
        reports=_reports(session, requested, event),
        findings=_findings(session, requested, event),
    )


def own_identifiers(session: Session, patient: Patient) -> tuple[PatientIdentifier, ...]:
    """Return the patient's active identifiers without those of patients merged into it."""
    foreign = {
        identifier_id
        for moved in session.scalars(
            select(PatientMerge.moved).where(
                PatientMerge.survivor_id == patient.id, PatientMerge.undone_at.is_(None)
            )
        )
        for identifier_id in moved.get("patient_identifiers", ())
    }
    active = [one for one in patient.identifiers if one.active]
    own = [one for one in active if one.id not in foreign]
    return tuple(own or active)


def has_orders(session: Session, patient: Patient) -> bool:
    """Return whether anything was ever ordered for the patient."""
    statement = select(ImagingServiceRequest.id).where(
        ImagingServiceRequest.patient_id == patient.id
    )
    return session.scalar(statement.limit(1)) is not None


def _step(session: Session, exam: ScheduledProcedureStep, event: AuditEvent) -> Step:
    """Return the exam as the event keeps it, else as it is now."""
    status = _status(exam, event)
    kept = event.detail.get("slot") if exam.id == event.exam_id else None
    if kept is None:
        if exam.starts_at is None or exam.ends_at is None:
            return Step(exam, None, status)
        slot = Appointment(exam.starts_at, exam.ends_at, exam.room, exam.station)
        return Step(exam, slot, status)
    slot = Appointment(
        datetime.fromisoformat(kept["starts_at"]),
        datetime.fromisoformat(kept["ends_at"]),
        session.get(Room, kept["room_id"]) if kept["room_id"] else None,
        session.get(Station, kept["station_id"]) if kept["station_id"] else None,
    )
    return Step(exam, slot, status)


def _status(exam: ScheduledProcedureStep, event: AuditEvent) -> StepStatus:
    if exam.id != event.exam_id:
        return exam.status
    if event.action == "exam.moved":
        return StepStatus.SCHEDULED
    word = event.action.removeprefix("exam.").upper()
    return StepStatus(word) if word in set(StepStatus) else exam.status


def _site(session: Session, step: Step) -> Site | None:
    """Return the room's site, else the first in use."""
    if step.slot and step.slot.room:
        return step.slot.room.resource.site
    return session.scalar(select(Site).order_by(*IN_USE_FIRST).limit(1))


def _merged(
    session: Session, event: AuditEvent
) -> tuple[Patient | None, tuple[PatientIdentifier, ...]]:
    merged_id = event.detail.get("merged")
    if event.action != "patient.merged" or merged_id is None:
        return None, ()
    record = session.scalar(
        select(PatientMerge)
        .where(
            PatientMerge.survivor_id == event.detail["survivor"],
            PatientMerge.merged_id == merged_id,
        )
        .order_by(PatientMerge.id.desc())
        .limit(1)
    )
    moved = record.moved.get("patient_identifiers", []) if record else []
    statement = select(PatientIdentifier).where(PatientIdentifier.id.in_(moved))
    found = session.scalars(statement.order_by(PatientIdentifier.id)).all()
    return session.get(Patient, merged_id), tuple(found)


def _reports(
    session: Session, requested: RequestedProcedure, event: AuditEvent
) -> tuple[Report, ...]:
    topic = event.action.partition(".")[0]
    if topic not in _TELLS_READING:
        return ()
    known = reports_of(session, requested.id)
    if topic == "critical":
        return tuple(one for one in known if one.written_at <= event.occurred_at)
    return tuple(one for one in known if one.id <= event.detail["report_id"])


def _findings(
    session: Session, requested: RequestedProcedure, event: AuditEvent
) -> tuple[CriticalFinding, ...]:
    if event.action.partition(".")[0] not in _TELLS_READING:
        return ()
    known = critical.of_procedure(session, requested.id)
    return tuple(one for one in known if one.raised_at <= event.occurred_at)
