"""What readers do in the reading queue: claiming, releasing, reading."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from worklist.auth.models import User
from worklist.errors import ConflictError, NotFoundError
from worklist.language.text import _
from worklist.orders import trail
from worklist.reading import selection
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.reading.selection import Selection

CLAIM_LASTS = timedelta(minutes=30)
# An open page renews its claim several times in this time.
CLAIM_LASTS_WHILE_OPEN = timedelta(minutes=5)
# Long enough to load the page again, short enough that nobody waits for a page that was closed.
CLAIM_LASTS_AFTER_LEAVING = timedelta(seconds=40)


def claim(session: Session, task_id: int, user: User, *, now: datetime) -> ReadingTask:
    """Take the task for a reader until the claim expires; claiming again renews it.

    Raises:
        ConflictError: somebody else reads it, or there is nothing to read any more.
        NotFoundError: there is no such task.
    """
    task = get(session, task_id)
    if task.status not in {ReadingStatus.READY, ReadingStatus.CLAIMED}:
        raise ConflictError(_("This exam is %(status)s already.", status=task.status.lower()))
    if is_claimed_by_other(task, user, now=now):
        name = task.claimed_by.display_name if task.claimed_by else _("Somebody")
        raise ConflictError(_("%(name)s is reading this exam.", name=name))
    if is_kept_for_other(task, user, now=now):
        name = task.assigned_to.display_name if task.assigned_to else _("Somebody")
        raise ConflictError(
            _("This exam is kept for %(name)s until it is due: take another one.", name=name)
        )
    renewed = task.status is ReadingStatus.CLAIMED and task.claimed_by_id == user.id
    task.status = ReadingStatus.CLAIMED
    task.claimed_by_id = user.id
    task.claimed_at = task.claimed_at if renewed else now
    task.claim_expires_at = now + CLAIM_LASTS
    session.flush()
    if not renewed:
        record(session, task, "claimed", actor=f"user:{user.username}", now=now)
    return task


def claim_next(
    session: Session,
    user: User,
    wanted: Selection,
    *,
    now: datetime,
    after: ReadingTask | None = None,
) -> ReadingTask | None:
    """Take the first task in the queue's order that the reader may have; None where none waits.

    ``after`` is one that was just given back: those behind it come first. A task that another
    reader takes at this moment is passed over.
    """
    statement = (
        wanted.narrow(selection.queued())
        .where(selection.free_to(user, now=now))
        .with_for_update(of=ReadingTask, skip_locked=True)
        .limit(1)
    )
    if after is not None:
        statement = statement.where(ReadingTask.id != after.id)
        found = session.scalar(statement.where(selection.is_behind(after)))
        found = found or session.scalar(statement)
    else:
        found = session.scalar(statement)
    return claim(session, found.id, user, now=now) if found else None


def renew(session: Session, task_id: int, user: User, *, now: datetime) -> bool:
    """Keep the reader's claim for a page that is open; False where the reader has none any more.

    From then on the claim ends soon after the page stops to renew it.

    Raises:
        NotFoundError: there is no such task.
    """
    task = get(session, task_id)
    if not has_claim(task, user):
        return False
    task.claim_expires_at = now + CLAIM_LASTS_WHILE_OPEN
    return True


def leave(session: Session, task_id: int, user: User, *, now: datetime) -> None:
    """Let the reader's claim end soon, for the page that held it was closed; else do nothing.

    A page that is loaded again renews the claim before it ends.

    Raises:
        NotFoundError: there is no such task.
    """
    task = get(session, task_id)
    if has_claim(task, user):
        task.claim_expires_at = now + CLAIM_LASTS_AFTER_LEAVING


def release(session: Session, task_id: int, user: User, *, now: datetime) -> ReadingTask:
    """Give the reader's claim back.

    Raises:
        ConflictError: the reader does not have it.
        NotFoundError: there is no such task.
    """
    task = get(session, task_id)
    require_claim(task, user)
    unclaim(task, ReadingStatus.READY)
    record(session, task, "released", actor=f"user:{user.username}", now=now)
    return task


def give_up(session: Session, task_id: int, user: User, *, now: datetime) -> ReadingTask:
    """Give the reader's claim back if there is one, and return the task.

    Raises:
        NotFoundError: there is no such task.
    """
    task = get(session, task_id)
    return release(session, task_id, user, now=now) if has_claim(task, user) else task


def finish(session: Session, task_id: int, user: User, *, now: datetime) -> ReadingTask:
    """Note that the reader has read the exam.

    Raises:
        ConflictError: the reader does not have it.
        NotFoundError: there is no such task.
    """
    task = get(session, task_id)
    require_claim(task, user)
    task.status, task.claim_expires_at, task.read_at = ReadingStatus.READ, None, now
    record(session, task, "read", actor=f"user:{user.username}", now=now)
    return task


def release_expired(session: Session, *, now: datetime) -> int:
    """Give back every claim that has expired and return how many."""
    expired = session.scalars(
        select(ReadingTask)
        .where(ReadingTask.status == ReadingStatus.CLAIMED, ReadingTask.claim_expires_at <= now)
        .with_for_update(skip_locked=True)
    ).all()
    for task in expired:
        unclaim(task, ReadingStatus.READY)
        record(session, task, "expired", actor="system:reading", now=now)
    return len(expired)


def get(session: Session, task_id: int) -> ReadingTask:
    """Return the task, locked for a change.

    Raises:
        NotFoundError: there is no such task.
    """
    task = find_locked(session, ReadingTask.id == task_id)
    if task is None:
        raise NotFoundError(_("There is no reading task %(task_id)s.", task_id=task_id))
    return task


def is_claimed_by_other(task: ReadingTask, user: User, *, now: datetime) -> bool:
    """Return whether another reader's claim still holds."""
    return (
        task.status is ReadingStatus.CLAIMED
        and task.claimed_by_id != user.id
        and task.claim_expires_at is not None
        and task.claim_expires_at > now
    )


def is_kept_for_other(task: ReadingTask, user: User, *, now: datetime) -> bool:
    """Return whether the case is assigned to another reader; once it is due it is anybody's."""
    return task.assigned_to_id not in {None, user.id} and task.due_at > now


def has_claim(task: ReadingTask, user: User) -> bool:
    """Return whether the reader has claimed the task."""
    return task.status is ReadingStatus.CLAIMED and task.claimed_by_id == user.id


def require_claim(task: ReadingTask, user: User) -> None:
    """Raise ConflictError unless the reader has claimed the task."""
    if not has_claim(task, user):
        raise ConflictError(_("You do not have this exam any more: claim it again."))


def find_locked(session: Session, condition: ColumnElement[bool]) -> ReadingTask | None:
    """Return the task that meets the condition, locked for a change."""
    return session.scalar(
        select(ReadingTask)
        .where(condition)
        .with_for_update(of=ReadingTask)
        .execution_options(populate_existing=True)
    )


def unclaim(task: ReadingTask, status: ReadingStatus) -> None:
    """Bring the task to a status in which nobody has it."""
    task.status = status
    task.claimed_by_id = task.claimed_at = task.claim_expires_at = None
    if status is not ReadingStatus.PENDING:
        task.pending_since = None


def record(
    session: Session,
    task: ReadingTask,
    what: str,
    *,
    actor: str,
    now: datetime,
    **detail: str,
) -> None:
    """Write to the trail of the procedure's exams as ``reading.<what>``."""
    session.flush()
    requested = task.requested_procedure
    for step in requested.steps:
        trail.record(
            session,
            step,
            f"reading.{what}",
            actor=actor,
            now=now,
            task_id=task.id,
            **detail,
        )
    session.flush()
