"""Which part of the reading queue a reader works on, and its order."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_, select, tuple_

from worklist.auth.models import User
from worklist.catalogue.procedures import Procedure
from worklist.orders.models import ImagingServiceRequest, RequestedProcedure
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.vocabulary import PatientClass, Priority

Row = TypeVar("Row")

WAITING = (ReadingStatus.READY, ReadingStatus.CLAIMED)
# The most urgent first, of these the one that is due first.
QUEUE_ORDER = (ReadingTask.priority_rank, ReadingTask.due_at, ReadingTask.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a reader reads: None leaves everything in."""

    modality: str | None = None
    reading_group: str | None = None
    patient_class: PatientClass | None = None
    dictated: bool | None = None
    priority: Priority | None = None
    ready_before: datetime | None = None

    def narrow(self, statement: Select[Row]) -> Select[Row]:
        """Return `joined` with what is not wanted left out."""
        if self.modality:
            statement = statement.where(Procedure.modality == self.modality)
        if self.reading_group:
            statement = statement.where(ReadingTask.reading_group == self.reading_group)
        if self.patient_class:
            statement = statement.where(ImagingServiceRequest.patient_class == self.patient_class)
        if self.priority:
            statement = statement.where(ReadingTask.priority == self.priority)
        if self.ready_before:
            statement = statement.where(ReadingTask.ready_at <= self.ready_before)
        if self.dictated is not None:
            has_text = ReadingTask.dictated_at.is_not(None)
            statement = statement.where(has_text if self.dictated else ~has_text)
        return statement


def joined() -> Select[ReadingTask]:
    """Select tasks joined with their requested procedure, its order and its procedure."""
    return (
        select(ReadingTask)
        .join(ReadingTask.requested_procedure)
        .join(RequestedProcedure.order)
        .join(RequestedProcedure.procedure)
    )


def queued() -> Select[ReadingTask]:
    """Select what is to be read, in the queue's order."""
    return joined().where(ReadingTask.status.in_(WAITING)).order_by(*QUEUE_ORDER)


def free_to(user: User, *, now: datetime) -> ColumnElement[bool]:
    """Return whether the reader may take a waiting task: nobody else has it or keeps it."""
    return and_(
        or_(
            ReadingTask.status == ReadingStatus.READY,
            ReadingTask.claimed_by_id == user.id,
            ReadingTask.claim_expires_at <= now,
        ),
        or_(is_for_anybody(now=now), ReadingTask.assigned_to_id == user.id),
    )


def is_for_anybody(*, now: datetime) -> ColumnElement[bool]:
    """Return whether a task is kept for nobody, or was until it was due."""
    return or_(ReadingTask.assigned_to_id.is_(None), ReadingTask.due_at <= now)


def is_behind(task: ReadingTask) -> ColumnElement[bool]:
    """Return whether a task comes after this one in the queue's order."""
    return tuple_(*QUEUE_ORDER) > tuple_(task.priority_rank, task.due_at, task.id)


def is_of(user: User) -> ColumnElement[bool]:
    """Return whether the reader has claimed the task, or it waits for the reader."""
    waits = and_(ReadingTask.status == ReadingStatus.READY, ReadingTask.assigned_to_id == user.id)
    return or_(is_claimed_by(user), waits)


def is_claimed_by(user: User) -> ColumnElement[bool]:
    """Return whether the reader has claimed the task."""
    return and_(ReadingTask.status == ReadingStatus.CLAIMED, ReadingTask.claimed_by_id == user.id)
