"""Booked exams that need something which is closed by now."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.catalogue.models import Resource
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling.availability import Availability, Cause, ResourceCalendar, as_range
from worklist.scheduling.intervals import Interval, covers, union
from worklist.scheduling.models import Reservation


def displaced_exams(
    session: Session, window: Interval, *, now: datetime
) -> Sequence[ScheduledProcedureStep]:
    """Return the exams that must leave their slot, in order of time.

    Those are SCHEDULED exams with a reservation in the window, of a room, bay or member of staff
    that by now has a closure, a holiday or no opening hours then, or is out of use.
    """
    held = _reservations(session, window)
    if not held:
        return []
    first = min(one.start for stretches in held.values() for one, _ in stretches)
    last = max(one.end for stretches in held.values() for one, _ in stretches)
    calendars = (
        Availability(session, list(held), patient_id=0, now=now, purposes=frozenset(), ignored=())
        .within(Interval(first, last))
        .resources
    )
    ids = {
        exam_id
        for resource_id, stretches in held.items()
        for stretch, exam_id in stretches
        if not _is_open(calendars.get(resource_id), stretch)
    }
    return session.scalars(
        select(ScheduledProcedureStep)
        .where(ScheduledProcedureStep.id.in_(ids))
        .order_by(ScheduledProcedureStep.starts_at, ScheduledProcedureStep.id)
    ).all()


def _reservations(session: Session, window: Interval) -> dict[int, list[tuple[Interval, int]]]:
    rows = session.execute(
        select(Reservation.resource_id, Reservation.during, Reservation.exam_id)
        .join(ScheduledProcedureStep, ScheduledProcedureStep.id == Reservation.exam_id)
        .join(Resource, Resource.id == Reservation.resource_id)
        .where(
            Reservation.during.overlaps(as_range(window)),
            ScheduledProcedureStep.status == StepStatus.SCHEDULED,
        )
    )
    held: dict[int, list[tuple[Interval, int]]] = defaultdict(list)
    for resource_id, during, exam_id in rows:
        if resource_id is not None and during.lower is not None and during.upper is not None:
            held[resource_id].append((Interval(during.lower, during.upper), exam_id))
    return held


def _is_open(calendar: ResourceCalendar | None, stretch: Interval) -> bool:
    """Tell whether the resource is open throughout; a block for another purpose does not shut."""
    if calendar is None:
        return False
    blocked = [one.during for one in calendar.taken if one.cause is Cause.BLOCKED]
    closed = [one.during for one in calendar.taken if one.cause is Cause.CLOSED]
    shut = any(one.start < stretch.end and stretch.start < one.end for one in closed)
    return not shut and covers(union([*calendar.usable, *blocked]), *stretch)
