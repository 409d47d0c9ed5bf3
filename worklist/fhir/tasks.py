"""Task (R4 section 8.17): an exam that waits to be read."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from worklist.fhir.elements import PRIORITIES, Json, instant, reference, without_empty
from worklist.fhir.parameters import codes, moments, references, statuses
from worklist.fhir.people import PATIENT, of_patient
from worklist.fhir.requests import SERVICE_REQUEST
from worklist.fhir.search import Include, Kind
from worklist.fhir.updated import ByOrder
from worklist.orders.models import ImagingServiceRequest, RequestedProcedure
from worklist.reading.models import ReadingStatus, ReadingTask

_STATUSES = {
    ReadingStatus.READY: "ready",
    ReadingStatus.CLAIMED: "in-progress",
    ReadingStatus.PENDING: "on-hold",
    ReadingStatus.READ: "completed",
    ReadingStatus.WITHDRAWN: "cancelled",
}


def to_resources(_session: Session, tasks: Sequence[ReadingTask]) -> list[Json]:
    """Return each as a Task."""
    return [_to_resource(one) for one in tasks]


def _to_resource(task: ReadingTask) -> Json:
    requested = task.requested_procedure
    reader = task.claimed_by
    return without_empty(
        resourceType="Task",
        id=str(task.id),
        status=_STATUSES[task.status],
        intent="order",
        priority=PRIORITIES[task.priority],
        code={"text": "Read and report the exam"},
        description=requested.description,
        focus=reference("ServiceRequest", requested.id),
        **{"for": reference("Patient", requested.order.patient_id)},
        authoredOn=instant(task.ready_at),
        lastModified=instant(task.read_at or task.claimed_at or task.ready_at),
        owner={"display": reader.display_name} if reader else None,
        restriction={"period": {"end": instant(task.due_at)}},
    )


def _select() -> Select[Any]:
    return (
        select(ReadingTask)
        .join(ReadingTask.requested_procedure)
        .join(RequestedProcedure.order)
        .options(
            joinedload(ReadingTask.requested_procedure).joinedload(RequestedProcedure.order),
            joinedload(ReadingTask.claimed_by),
        )
    )


_SUBJECT = Include(PATIENT, lambda task: task.requested_procedure.order.patient_id)

TASK = Kind(
    name="Task",
    select=_select,
    id=ReadingTask.id,
    to_resources=to_resources,
    parameters={
        "status": codes(
            "status",
            statuses(ReadingTask.status, _STATUSES),
            few=("ready", "in-progress", "on-hold"),
        ),
        "priority": codes(
            "priority", {word: ReadingTask.priority == one for one, word in PRIORITIES.items()}
        ),
        "focus": references(SERVICE_REQUEST, ReadingTask.requested_procedure_id),
        "authored-on": moments(ReadingTask.ready_at),
        **of_patient(ImagingServiceRequest.patient_id, "patient", "subject"),
    },
    updated=ByOrder(RequestedProcedure.order_id, lambda task: task.requested_procedure.order_id),
    sorts={"authored-on": ReadingTask.ready_at},
    includes={
        "patient": _SUBJECT,
        "subject": _SUBJECT,
        "focus": Include(SERVICE_REQUEST, lambda task: task.requested_procedure_id),
    },
)
