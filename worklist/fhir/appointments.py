"""Appointment (R4 section 12.11): an exam with its slot."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from worklist.catalogue.models import Room
from worklist.fhir.elements import (
    PROCEDURE,
    ROOM,
    STEP_ID,
    Json,
    concept,
    identifier,
    instant,
    reference,
    without_empty,
)
from worklist.fhir.parameters import codes, moments, references, statuses, texts
from worklist.fhir.people import PATIENT, of_patient
from worklist.fhir.requests import SERVICE_REQUEST
from worklist.fhir.search import Include, Kind
from worklist.fhir.slot_names import slot_id
from worklist.fhir.updated import ByOrder
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import StepStatus
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
_PRIORITY_NUMBERS = {"STAT": 1, "URGENT": 2, "ASAP": 3, "ROUTINE": 5}  # iCal: 0 none, 1 highest


def to_resources(session: Session, exams: Sequence[ScheduledProcedureStep]) -> list[Json]:
    """Return each as an Appointment."""
    missed = _missed(session, [one.id for one in exams if one.status is StepStatus.NO_SHOW])
    return [_to_resource(one, missed.get(one.id)) for one in exams]


def _to_resource(exam: ScheduledProcedureStep, missed_at: datetime | None) -> Json:
    """Return an Appointment; only a proposed or cancelled one may lack a time (rule app-3)."""
    starts_at, ends_at = exam.starts_at, exam.ends_at
    status = _STATUSES[exam.status]
    if starts_at is None and status not in _WITHOUT_TIME:
        starts_at = missed_at or exam.started_at or exam.status_changed_at
        ends_at = starts_at + timedelta(minutes=exam.procedure.duration_minutes)
    room = exam.room if starts_at and ends_at else None
    slot = slot_id(room.code, starts_at, ends_at) if room and starts_at and ends_at else None
    return without_empty(
        resourceType="Appointment",
        id=str(exam.id),
        identifier=[identifier(STEP_ID, exam.scheduled_procedure_step_id)],
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
        slot=[reference("Slot", slot)] if slot else [],
        patientInstruction=exam.procedure.preparation,
        basedOn=[reference("ServiceRequest", exam.requested_procedure_id)],
        participant=_participants(exam, room),
    )


def _participants(exam: ScheduledProcedureStep, room: Room | None) -> list[Json]:
    """Return the patient, who has accepted what has a room, and the room."""
    patient = {
        "actor": reference("Patient", exam.patient_id, exam.patient.display_name),
        "required": "required",
        "status": "accepted" if exam.room else "needs-action",
    }
    if room is None:
        return [patient]
    place = {
        "type": "Location",
        "identifier": identifier(ROOM, room.code),
        "display": room.name,
    }
    return [patient, {"actor": place, "required": "required", "status": "accepted"}]


def _missed(session: Session, exams: Sequence[int]) -> dict[int, datetime]:
    """Return when patients did not come; the slots themselves were given back."""
    if not exams:
        return {}
    rows = session.execute(
        select(Placement.exam_id, Placement.starts_at)
        .where(Placement.exam_id.in_(exams), Placement.starts_at.is_not(None))
        .order_by(Placement.id)
    )
    return {exam: starts_at for exam, starts_at in rows if starts_at is not None}


def _select() -> Select[Any]:
    step = ScheduledProcedureStep
    requested = joinedload(step.requested_procedure)
    return (
        select(step)
        .join(step.requested_procedure)
        .options(
            requested.joinedload(RequestedProcedure.order),
            requested.joinedload(RequestedProcedure.procedure),
            joinedload(step.patient),
            joinedload(step.room),
        )
    )


_WHO = Include(PATIENT, lambda exam: exam.patient_id)

APPOINTMENT = Kind(
    name="Appointment",
    select=_select,
    id=ScheduledProcedureStep.id,
    to_resources=to_resources,
    parameters={
        "identifier": texts(ScheduledProcedureStep.scheduled_procedure_step_id, system=STEP_ID),
        "status": codes(
            "status",
            statuses(ScheduledProcedureStep.status, _STATUSES),
            few=("proposed", "booked", "arrived", "checked-in"),
        ),
        "date": moments(ScheduledProcedureStep.starts_at),
        "based-on": references(SERVICE_REQUEST, ScheduledProcedureStep.requested_procedure_id),
        **of_patient(ScheduledProcedureStep.patient_id, "patient", "actor"),
    },
    updated=ByOrder(RequestedProcedure.order_id, lambda exam: exam.requested_procedure.order_id),
    sorts={"date": ScheduledProcedureStep.starts_at},
    includes={
        "patient": _WHO,
        "actor": _WHO,
        "based-on": Include(SERVICE_REQUEST, lambda exam: exam.requested_procedure_id),
    },
)
