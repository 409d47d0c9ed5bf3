"""Booked exams that want somebody on duty at their site while by now nobody is at work."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.catalogue.models import Resource, ResourceKind
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.rules.evaluate import ON_DUTY_KINDS
from worklist.scheduling.assessment import assess
from worklist.scheduling.availability import Availability
from worklist.scheduling.intervals import Interval, covers, union

# Bounds what an index is asked for.
_LONGEST_EXAM = timedelta(days=1)


def unattended(
    session: Session, window: Interval, *, resource_id: int | None, now: datetime
) -> set[int]:
    """Return the SCHEDULED exams of the window that rules want somebody on duty for, in vain.

    Those that reach into the window are among them, and are looked at as a whole.

    A site that keeps nobody of a kind in its catalogue is never without. ``resource_id`` looks at
    the sites and the kind of that member of staff alone.
    """
    staff = session.scalars(
        select(Resource).where(Resource.kind.in_(ON_DUTY_KINDS), Resource.active)
    ).all()
    chosen = {(one.site_id, one.kind) for one in staff if resource_id in {None, one.id}}
    if not chosen:
        return set()
    around = Interval(window.start - _LONGEST_EXAM, window.end + _LONGEST_EXAM)
    calendars = (
        Availability(
            session,
            [one.id for one in staff],
            patient_id=0,
            now=now,
            purposes=frozenset(),
            ignored=(),
        )
        .within(around)
        .resources
    )
    at_work: dict[tuple[int, ResourceKind], list[Interval]] = defaultdict(list)
    for one in staff:
        at_work[one.site_id, one.kind] += calendars[one.id].usable
    return {
        exam.id
        for site_id, kind in chosen
        for exam in _alone(session, site_id, window, union(at_work[site_id, kind]))
        if kind in assess(session, exam, now=now).plan.on_duty
    }


def _alone(
    session: Session, site_id: int, window: Interval, at_work: list[Interval]
) -> Iterator[ScheduledProcedureStep]:
    """Yield the site's booked exams during which nobody is at work throughout."""
    exam = ScheduledProcedureStep
    rows = session.execute(
        select(exam.id, exam.starts_at, exam.ends_at)
        .join(Resource, Resource.id == exam.room_id)
        .where(
            Resource.site_id == site_id,
            exam.status == StepStatus.SCHEDULED,
            exam.starts_at > window.start - _LONGEST_EXAM,
            exam.starts_at < window.end,
            exam.ends_at > window.start,
        )
    )
    for exam_id, starts_at, ends_at in rows:
        if starts_at and ends_at and not covers(at_work, starts_at, ends_at):
            yield session.get_one(exam, exam_id)
