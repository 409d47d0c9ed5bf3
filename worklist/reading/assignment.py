"""Whom a case is kept for: reserved by its reader, or given by whoever leads."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.auth.models import User
from worklist.auth.roles import PERMISSIONS, Permission, permissions
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.language.text import _
from worklist.reading import service
from worklist.reading.models import ReadingStatus, ReadingTask

_WAITING = (ReadingStatus.READY, ReadingStatus.CLAIMED, ReadingStatus.PENDING)


def readers(session: Session) -> list[User]:
    """Return the accounts that may read, by name."""
    roles = [role.value for role, may in PERMISSIONS.items() if Permission.READ in may]
    return list(
        session.scalars(
            select(User).where(User.active, User.roles.overlap(roles)).order_by(User.display_name)
        )
    )


def reserve(session: Session, task_id: int, user: User, *, now: datetime) -> ReadingTask:
    """Keep a case for the reader who asks, until it is due.

    Raises:
        ConflictError: another reader has it, or it waits for nobody any more.
        NotFoundError: there is no such task.
    """
    task = _waiting(session, task_id)
    if service.is_claimed_by_other(task, user, now=now) or service.is_kept_for_other(
        task, user, now=now
    ):
        raise ConflictError(_("Another reader has this exam: look again."))
    return _give(session, task, user, by=user, now=now)


def assign(
    session: Session, task_id: int, reader_id: int | None, *, by: User, now: datetime
) -> ReadingTask:
    """Give a case to a reader, whoever had it before; None gives it back to everybody.

    A claim of another than the reader, and than whoever gives it back, ends.

    Raises:
        ConflictError: it waits for nobody any more.
        DomainError: the account may not read.
        NotFoundError: there is no such task or account.
    """
    reader = None if reader_id is None else chosen(session, reader_id)
    task = _waiting(session, task_id)
    keeps = by.id if reader is None else reader.id
    if task.status is ReadingStatus.CLAIMED and task.claimed_by_id != keeps:
        service.unclaim(task, ReadingStatus.READY)
    if reader is None:
        return _free(session, task, by=by, now=now)
    return _give(session, task, reader, by=by, now=now)


def chosen(session: Session, reader_id: int) -> User:
    """Return the account of somebody who reads.

    Raises:
        DomainError: the account may not read.
        NotFoundError: there is no such account.
    """
    reader = session.get(User, reader_id)
    if reader is None:
        raise NotFoundError(_("There is no such account."))
    if not reader.active or Permission.READ not in permissions(reader.roles):
        raise DomainError(
            _("%(name)s is not a reader: choose somebody who is.", name=reader.display_name)
        )
    return reader


def give_back(session: Session, task_id: int, user: User, *, now: datetime) -> ReadingTask:
    """Let a case that is kept for the reader be anybody's again.

    Raises:
        ConflictError: it is not kept for the reader.
        NotFoundError: there is no such task.
    """
    task = _waiting(session, task_id)
    if task.assigned_to_id != user.id:
        raise ConflictError(_("This exam is not kept for you any more."))
    return _free(session, task, by=user, now=now)


def _waiting(session: Session, task_id: int) -> ReadingTask:
    task = service.get(session, task_id)
    if task.status not in _WAITING:
        raise ConflictError(_("This exam does not wait to be read any more."))
    return task


def _give(
    session: Session, task: ReadingTask, reader: User, *, by: User, now: datetime
) -> ReadingTask:
    if task.assigned_to_id != reader.id:
        task.assigned_to_id = reader.id
        what = "reserved" if by.id == reader.id else "assigned"
        actor = f"user:{by.username}"
        service.record(session, task, what, actor=actor, now=now, reader=reader.display_name)
    return task


def _free(session: Session, task: ReadingTask, *, by: User, now: datetime) -> ReadingTask:
    if task.assigned_to_id is not None:
        task.assigned_to_id = None
        service.record(session, task, "unassigned", actor=f"user:{by.username}", now=now)
    return task
