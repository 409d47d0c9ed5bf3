"""What the tour looks up in the database, waiting for workers to have done their part."""

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worklist import db
from worklist.catalogue.models import Resource, ResourceKind
from worklist.hl7.models import InboundMessage, InboxState
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.scheduling.models import Placement, Reservation
from worklist.tour.errors import TourError

_POLL_SECONDS = 0.1

Found = TypeVar("Found")


def wait_for(
    sessions: db.SessionFactory,
    look: Callable[[Session], Found | None],
    *,
    seconds: float,
    otherwise: Callable[[Session], TourError],
) -> Found:
    """Look until there is something to be found.

    Raises:
        TourError: there is nothing in time; ``otherwise`` says what to look at.
    """
    deadline = time.monotonic() + seconds
    while True:
        with db.transaction(sessions) as session:
            found = look(session)
            if found is not None:
                return found
            if time.monotonic() > deadline:
                raise otherwise(session)
        time.sleep(_POLL_SECONDS)


def exam_of_order(session: Session, issuer: str, number: str) -> ScheduledProcedureStep | None:
    """Return the one exam of an order."""
    return session.scalar(
        select(ScheduledProcedureStep)
        .join(ScheduledProcedureStep.requested_procedure)
        .join(RequestedProcedure.order)
        .where(
            ImagingServiceRequest.placer_issuer == issuer,
            ImagingServiceRequest.placer_order_number == number,
        )
    )


def newest_placement(session: Session, exam_id: int) -> Placement | None:
    """Return what the newest attempt to place the exam came to."""
    statement = select(Placement).where(Placement.exam_id == exam_id)
    return session.scalar(statement.order_by(Placement.id.desc()).limit(1))


def reserves_room(session: Session, exam_id: int) -> bool:
    """Return whether the exam has a room reserved."""
    statement = (
        select(Reservation.id)
        .join(Reservation.resource)
        .where(Reservation.exam_id == exam_id, Resource.kind == ResourceKind.ROOM)
    )
    return session.scalar(statement.limit(1)) is not None


def open_reading_task(session: Session, requested_procedure_id: int) -> ReadingTask | None:
    """Return the task once it can be read."""
    return session.scalar(
        select(ReadingTask).where(
            ReadingTask.requested_procedure_id == requested_procedure_id,
            ReadingTask.status == ReadingStatus.READY,
        )
    )


def place_in_queue(session: Session, task: ReadingTask) -> int:
    """Return how many ready tasks come first, plus one."""
    earlier = select(func.count()).where(
        ReadingTask.status == ReadingStatus.READY,
        (ReadingTask.priority_rank < task.priority_rank)
        | ((ReadingTask.priority_rank == task.priority_rank) & (ReadingTask.due_at < task.due_at)),
    )
    return (session.scalar(earlier) or 0) + 1


def why_no_order(session: Session, control_id: str) -> TourError:
    """Explain why a message that was acknowledged has not become an order."""
    message = session.scalar(select(InboundMessage).where(InboundMessage.control_id == control_id))
    if message is None:
        return TourError(
            "The acknowledged message is not in the inbox.",
            "is WORKLIST_DATABASE_URL the database of the stack that answered?",
        )
    if message.state is InboxState.FAILED:
        return TourError(
            f"The message could not be processed: {message.error_text}",
            "the message is on the page /messages and can be replayed there",
        )
    return TourError(
        "No worker has processed the message.",
        "worklist status tells whether a worker runs; its log is logs/worker.log",
    )


def why_no_slot(session: Session, exam_id: int) -> TourError:
    """Explain why an exam has no room yet."""
    placement = newest_placement(session, exam_id)
    if placement is None:
        return TourError(
            "No worker has tried to place the exam.",
            "worklist status tells whether a worker runs; its log is logs/worker.log",
        )
    return TourError(
        f"The exam has no room: {placement.summary}", f"the page /exams/{exam_id} tells it all"
    )
