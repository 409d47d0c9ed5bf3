"""Close resources, planned or suddenly, and keep time in them for a purpose."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from worklist.audit import changes
from worklist.audit import service as audit
from worklist.catalogue.hours import hours_in_words
from worklist.catalogue.models import Block, Closure, OpeningHours, Resource
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.availability import as_range
from worklist.scheduling.displaced import displaced_exams
from worklist.scheduling.intervals import Interval, WeeklyHours


def close(
    session: Session,
    resource_id: int,
    during: Interval,
    reason: str,
    *,
    actor: str,
    now: datetime,
) -> Sequence[ScheduledProcedureStep]:
    """Close a resource and return the booked exams that must leave it; they keep their slot.

    A re-plan proposal gives them other ones; nobody is moved without a person's word.

    Raises:
        NotFoundError: there is no such resource.
        DomainError: the stretch is empty or over, or no reason is given.
    """
    resource = _resource(session, resource_id)
    if during.start >= during.end or during.end <= now:
        raise DomainError(_("A closure must end after it starts, and not in the past."))
    if not reason.strip():
        raise DomainError(_("A closure needs a reason: patients are told."))
    session.add(Closure(resource_id=resource.id, during=as_range(during), reason=reason.strip()))
    session.flush()
    _record(session, "resource.closed", resource, during, actor=actor, now=now, reason=reason)
    return _leaving(session, resource, during, now)


def change_hours(
    session: Session,
    resource_id: int,
    lines: Sequence[WeeklyHours],
    *,
    actor: str,
    now: datetime,
    days: int = 60,
) -> Sequence[ScheduledProcedureStep]:
    """Give a room, bay or member of staff other weekly hours; return who must leave their slot.

    Raises:
        NotFoundError: there is no such resource.
    """
    resource = _resource(session, resource_id)
    before = hours_in_words(session, resource.id).get(resource.id, {})
    session.execute(delete(OpeningHours).where(OpeningHours.resource_id == resource.id))
    session.add_all(OpeningHours(resource_id=resource.id, **line._asdict()) for line in lines)
    session.flush()
    after = hours_in_words(session, resource.id).get(resource.id, {})
    changes.record(session, "hours", resource.code, before, after, actor=actor, now=now)
    window = Interval(now, now + timedelta(days=days))
    _record(session, "resource.hours_changed", resource, window, actor=actor, now=now)
    return _leaving(session, resource, window, now)


def reopen(session: Session, closure_id: int, *, actor: str, now: datetime) -> None:
    """Take a closure away; one that has begun ends now.

    Raises:
        NotFoundError: there is no such closure.
    """
    closure = session.get(Closure, closure_id, with_for_update=True)
    if closure is None or closure.during.lower is None or closure.during.upper is None:
        raise NotFoundError(_("There is no closure %(closure_id)s.", closure_id=closure_id))
    during = Interval(closure.during.lower, closure.during.upper)
    if during.start < now < during.end:
        closure.during = as_range(Interval(during.start, now))
    elif now <= during.start:
        session.delete(closure)
    session.flush()
    resource = _resource(session, closure.resource_id)
    _record(session, "resource.reopened", resource, during, actor=actor, now=now)


def keep_for(
    session: Session,
    resource_id: int,
    during: Interval,
    purpose: str,
    *,
    release_hours: int,
    actor: str,
    now: datetime,
) -> Sequence[ScheduledProcedureStep]:
    """Keep a room's time for a purpose, until ``release_hours`` before it starts.

    Returns the booked exams for which it is not kept; they keep their slot until a re-plan.

    Raises:
        NotFoundError: there is no such resource.
        DomainError: the stretch is empty, or part of it is kept for something already.
    """
    resource = _resource(session, resource_id)
    if during.start >= during.end:
        raise DomainError(_("A block must end after it starts."))
    overlapping = select(Block.id).where(
        Block.resource_id == resource.id, Block.during.overlaps(as_range(during))
    )
    if session.scalar(overlapping.limit(1)) is not None:
        raise DomainError(_("Part of this time is kept for something already."))
    block = Block(
        resource_id=resource.id,
        during=as_range(during),
        purpose=purpose,
        release_hours=release_hours,
    )
    session.add(block)
    session.flush()
    _record(session, "resource.blocked", resource, during, actor=actor, now=now, purpose=purpose)
    return _leaving(session, resource, during, now)


def give_up(session: Session, block_id: int, *, actor: str, now: datetime) -> None:
    """Take a block away: its time is everybody's.

    Raises:
        NotFoundError: there is no such block.
    """
    block = session.get(Block, block_id, with_for_update=True)
    if block is None or block.during.lower is None or block.during.upper is None:
        raise NotFoundError(_("There is no block %(block_id)s.", block_id=block_id))
    during = Interval(block.during.lower, block.during.upper)
    resource, purpose = _resource(session, block.resource_id), block.purpose
    session.delete(block)
    session.flush()
    _record(session, "resource.released", resource, during, actor=actor, now=now, purpose=purpose)


def _leaving(
    session: Session, resource: Resource, during: Interval, now: datetime
) -> Sequence[ScheduledProcedureStep]:
    if during.end <= now:
        return []
    window = Interval(max(now, during.start), during.end)
    return displaced_exams(session, window, now=now, resource_id=resource.id)


def _resource(session: Session, resource_id: int) -> Resource:
    resource = session.get(Resource, resource_id)
    if resource is None:
        raise NotFoundError(_("There is no resource %(resource_id)s.", resource_id=resource_id))
    return resource


def _record(
    session: Session,
    action: str,
    resource: Resource,
    during: Interval,
    *,
    actor: str,
    now: datetime,
    **detail: Any,  # noqa: ANN401 - whatever JSON can hold
) -> None:
    audit.record(
        session,
        action,
        actor=actor,
        now=now,
        resource=resource.code,
        starts_at=during.start.isoformat(),
        ends_at=during.end.isoformat(),
        **detail,
    )
