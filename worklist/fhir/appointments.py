"""Appointment (R4 section 12.11): an exam with its slot, and booking one."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from worklist.fhir import schedules
from worklist.fhir.elements import (
    PROCEDURE,
    ROOM,
    Json,
    concept,
    identifier,
    instant,
    reference,
    without_empty,
)
from worklist.fhir.errors import FhirError, invalid, not_found
from worklist.fhir.parameters import moments, references, row_id, statuses
from worklist.fhir.search import Kind
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import UNPLACED, StepStatus
from worklist.scheduling import service as scheduling
from worklist.scheduling.models import Placement

_S = StepStatus
_STATUSES = {
    _S.UNSCHEDULED: "proposed",
    _S.HELD: "proposed",
    _S.SCHEDULED: "booked",
    _S.ARRIVED: "arrived",
    _S.READY: "checked-in",
    _S.STARTED: "fulfilled",
    _S.DEPARTED: "fulfilled",
    _S.COMPLETED: "fulfilled",
    _S.DISCONTINUED: "fulfilled",
    _S.CANCELED: "cancelled",
    _S.NO_SHOW: "noshow",
}
_WITHOUT_TIME = frozenset({"proposed", "cancelled"})
# What may be sent, and the value set ParticipationStatus.
_BOOKABLE = frozenset({"booked", "pending", "proposed"})
_ANSWERS = ("accepted", "declined", "tentative", "needs-action")
_PRIORITY_NUMBERS = {"STAT": 1, "URGENT": 2, "ASAP": 3, "ROUTINE": 5}  # iCal: 0 none, 1 highest


def to_resource(session: Session, exam: ScheduledProcedureStep) -> Json:
    """Return an Appointment; only a proposed or cancelled one may lack a time (rule app-3)."""
    starts_at, ends_at = exam.starts_at, exam.ends_at
    status = _STATUSES[exam.status]
    if exam.status is StepStatus.NO_SHOW and starts_at is None:
        starts_at, ends_at = _missed(session, exam)
    elif starts_at is None and status not in _WITHOUT_TIME:
        starts_at, ends_at = _done(exam)
    accepted = "accepted" if exam.room else "needs-action"
    participants = [
        {
            "actor": reference("Patient", exam.patient_id, exam.patient.display_name),
            "required": "required",
            "status": accepted,
        }
    ]
    slots: list[Json] = []
    if exam.room is not None and starts_at and ends_at:
        room = {
            "type": "Location",
            "identifier": identifier(ROOM, exam.room.code),
            "display": exam.room.name,
        }
        participants.append({"actor": room, "required": "required", "status": "accepted"})
        slots.append(reference("Slot", schedules.slot_id(exam.room.code, starts_at, ends_at)))
    return without_empty(
        resourceType="Appointment",
        id=str(exam.id),
        status=status,
        cancelationReason={"text": exam.status_reason or "not given"}
        if status == "cancelled"
        else None,
        serviceType=[concept(PROCEDURE, exam.procedure.code, exam.procedure.name)],
        priority=_PRIORITY_NUMBERS[exam.order.priority],
        description=exam.description,
        start=instant(starts_at),
        end=instant(ends_at),
        minutesDuration=exam.procedure.duration_minutes,
        slot=slots,
        patientInstruction=exam.procedure.preparation,
        basedOn=[reference("ServiceRequest", exam.requested_procedure_id)],
        participant=participants,
    )


def book(session: Session, body: Json, *, actor: str, now: datetime) -> ScheduledProcedureStep:
    """Book the exam of a ServiceRequest into the slot that the Appointment names.

    Raises:
        FhirError: something is missing or cannot be read.
        SlotTakenError: the slot is not free.
        RuleBlocksError: a rule forbids it or asks a question first.
        OrderStateError: the exam has started or is finished.
    """
    if body.get("status") not in _BOOKABLE:
        raise invalid(f"Appointment.status is one of {', '.join(sorted(_BOOKABLE))}.")
    exam = _exam_to_book(session, body)
    _check_patient(exam, body)
    slots = _references(body, "slot")
    if len(slots) != 1:
        raise invalid("Appointment.slot names exactly one Slot: find it with GET Slot.")
    from_slot = schedules.parse_slot_id(slots[0].rpartition("/")[2])
    room = schedules.room_by_code(session, from_slot.room)
    scheduling.book(
        session, exam, room_id=room.id, starts_at=_start(body, from_slot), actor=actor, now=now
    )
    session.flush()
    return exam


def _start(body: Json, slot: schedules.SlotName) -> datetime:
    """Return the time wanted: ``start``, else the slot's own."""
    text = body.get("start")
    if text is None:
        return slot.starts_at
    try:
        start = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise invalid(f"Appointment.start {text!r} is no instant.") from error
    if start.tzinfo is None:
        raise invalid("Appointment.start needs its offset from UTC.")
    if not slot.starts_at <= start < slot.ends_at:
        raise invalid("Appointment.start lies outside the slot.")
    return start


def _exam_to_book(session: Session, body: Json) -> ScheduledProcedureStep:
    if body.get("resourceType") != "Appointment":
        raise invalid("Send one resource of type Appointment.")
    based_on = _references(body, "basedOn")
    if len(based_on) != 1:
        raise invalid("Appointment.basedOn names exactly one ServiceRequest.")
    requested_id = row_id("ServiceRequest", based_on[0])
    exams = session.scalars(
        select(ScheduledProcedureStep)
        .where(ScheduledProcedureStep.requested_procedure_id == requested_id)
        .order_by(ScheduledProcedureStep.id)
        .with_for_update()
    ).all()
    if not exams:
        raise not_found("ServiceRequest", str(requested_id))
    open_ones = [exam for exam in exams if exam.status in UNPLACED] or list(exams)
    if len(open_ones) > 1:
        text = "This ServiceRequest has several exams without a slot: book them at the front desk."
        raise FhirError(422, "processing", text)
    return open_ones[0]


def _references(body: Json, name: str) -> list[str]:
    """Return what the references of an element point to.

    Raises:
        FhirError: it is no list of references.
    """
    given = body.get(name, [])
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise invalid(f"Appointment.{name} is a list of references.")
    return [str(one.get("reference", "")) for one in given]


def _check_patient(exam: ScheduledProcedureStep, body: Json) -> None:
    """Refuse an Appointment without participants, or of a patient whose exam this is not."""
    given = body.get("participant")
    if not isinstance(given, list) or not given:
        raise invalid("Appointment.participant names who takes part: the patient at least.")
    for one in given:
        if not isinstance(one, dict) or one.get("status") not in _ANSWERS:
            raise invalid(f"Appointment.participant.status is one of {', '.join(_ANSWERS)}.")
        actor = one.get("actor", {})
        named = str(actor.get("reference", "")) if isinstance(actor, dict) else ""
        if named.startswith("Patient/") and row_id("Patient", named) != exam.patient_id:
            text = "Appointment.participant names another patient than the ServiceRequest."
            raise FhirError(422, "business-rule", text)


def _done(exam: ScheduledProcedureStep) -> tuple[datetime | None, datetime | None]:
    """Return the time of an exam that was done without a slot."""
    begun = exam.started_at or exam.status_changed_at
    return begun, begun + timedelta(minutes=exam.procedure.duration_minutes)


def _missed(
    session: Session, exam: ScheduledProcedureStep
) -> tuple[datetime | None, datetime | None]:
    """Return the time that the patient did not come to; the slot itself was given back."""
    starts_at = session.scalar(
        select(Placement.starts_at)
        .where(Placement.exam_id == exam.id, Placement.starts_at.is_not(None))
        .order_by(Placement.id.desc())
        .limit(1)
    )
    if starts_at is None:
        return None, None
    return starts_at, starts_at + timedelta(minutes=exam.procedure.duration_minutes)


def _select() -> Select[Any]:
    step = ScheduledProcedureStep
    requested = joinedload(step.requested_procedure)
    return select(step).options(
        requested.joinedload(RequestedProcedure.order),
        requested.joinedload(RequestedProcedure.procedure),
        joinedload(step.patient),
        joinedload(step.room),
    )


_PATIENT = references("Patient", ScheduledProcedureStep.patient_id)

APPOINTMENT = Kind(
    name="Appointment",
    select=_select,
    id=ScheduledProcedureStep.id,
    to_resource=to_resource,
    parameters={
        "status": statuses("Appointment", ScheduledProcedureStep.status, _STATUSES),
        "patient": _PATIENT,
        "actor": _PATIENT,
        "date": moments(ScheduledProcedureStep.starts_at),
        "based-on": references("ServiceRequest", ScheduledProcedureStep.requested_procedure_id),
    },
)
