"""Task (R4 section 8.17): an exam that waits to be read."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from worklist.fhir.elements import PRIORITIES, Json, instant, reference, without_empty
from worklist.fhir.parameters import moments, references, statuses
from worklist.fhir.search import Kind
from worklist.orders.models import ImagingServiceRequest, RequestedProcedure
from worklist.reading.models import ReadingStatus, ReadingTask

_STATUSES = {
    ReadingStatus.READY: "ready",
    ReadingStatus.CLAIMED: "in-progress",
    ReadingStatus.PENDING: "on-hold",
    ReadingStatus.READ: "completed",
    ReadingStatus.WITHDRAWN: "cancelled",
}


def to_resource(_session: Session, task: ReadingTask) -> Json:
    """Return a Task."""
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


_PATIENT = references("Patient", ImagingServiceRequest.patient_id)

TASK = Kind(
    name="Task",
    select=_select,
    id=ReadingTask.id,
    to_resource=to_resource,
    parameters={
        "status": statuses("Task", ReadingTask.status, _STATUSES),
        "patient": _PATIENT,
        "subject": _PATIENT,
        "focus": references("ServiceRequest", ReadingTask.requested_procedure_id),
        "authored-on": moments(ReadingTask.ready_at),
    },
)
