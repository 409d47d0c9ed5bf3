"""Cases that cannot be read as they are: asked of the technologists, and what came of it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from worklist.auth.models import User
from worklist.errors import ConflictError, DomainError
from worklist.language.text import _
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.reading import service
from worklist.reading.models import ReadingStatus, ReadingTask

_LONGEST = 300


def ask_for_more(
    session: Session, task_id: int, user: User, reason: str, *, now: datetime
) -> ReadingTask:
    """Send the reader's case back to the technologists, who are told what is missing.

    Its target counts on; meanwhile it is out of the queue.

    Raises:
        ConflictError: the reader does not have it.
        DomainError: no reason is given, or it is too long.
        NotFoundError: there is no such task.
    """
    wanted = _text(reason, _("Say what is missing: the technologist reads it."))
    task = service.get(session, task_id)
    service.require_claim(task, user)
    task.pending_since, task.pending_by_id = now, user.id
    task.pending_reason, task.pending_answer = wanted, ""
    service.unclaim(task, ReadingStatus.PENDING)
    actor = f"user:{user.username}"
    service.record(session, task, "pending", actor=actor, now=now, reason=wanted)
    return task


def resolve(
    session: Session, task_id: int, answer: str, *, actor: str, now: datetime
) -> ReadingTask:
    """Say what came of it: the case is to be read, by who asked if it is not due before.

    Raises:
        ConflictError: it is not pending.
        DomainError: no answer is given, or it is too long.
        NotFoundError: there is no such task.
    """
    told = _text(answer, _("Say what was done: the reader reads it."))
    task = service.get(session, task_id)
    if task.status is not ReadingStatus.PENDING:
        raise ConflictError(_("This exam does not wait for more images any more."))
    service.unclaim(task, ReadingStatus.READY)
    task.pending_answer = told
    task.assigned_to_id = task.assigned_to_id or task.pending_by_id
    service.record(session, task, "resolved", actor=actor, now=now, reason=told)
    return task


def pending(session: Session, room_ids: Collection[int]) -> Sequence[ReadingTask]:
    """Return the cases of exams done in these rooms that wait for more images, oldest first."""
    requested = joinedload(ReadingTask.requested_procedure)
    exam = ScheduledProcedureStep
    done_there = (
        select(exam.id)
        .where(
            exam.requested_procedure_id == ReadingTask.requested_procedure_id,
            exam.room_id.in_(room_ids),
        )
        .exists()
    )
    return session.scalars(
        select(ReadingTask)
        .where(ReadingTask.status == ReadingStatus.PENDING, done_there)
        .options(
            joinedload(ReadingTask.pending_by),
            requested.joinedload(RequestedProcedure.procedure),
            requested.joinedload(RequestedProcedure.order).joinedload(
                ImagingServiceRequest.patient
            ),
            requested.selectinload(RequestedProcedure.steps).joinedload(
                ScheduledProcedureStep.room
            ),
        )
        .order_by(ReadingTask.pending_since, ReadingTask.id)
    ).all()


def _text(given: str, otherwise: str) -> str:
    text = " ".join(given.split())
    if not text:
        raise DomainError(otherwise)
    if len(text) > _LONGEST:
        raise DomainError(_("That is too long: %(most)s characters at most.", most=_LONGEST))
    return text
