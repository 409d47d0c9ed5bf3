"""Booked exams that need something which is closed, or kept for others, by now."""

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
from worklist.scheduling.walk import purposes


def displaced_exams(
    session: Session, window: Interval, *, now: datetime, resource_id: int | None = None
) -> Sequence[ScheduledProcedureStep]:
    """Return the exams that must leave their slot, in order of time.

    Those are SCHEDULED exams with a reservation in the window, of a room, bay or member of staff
    that by now has a closure, a holiday or no opening hours then, keeps the time for others, or is
    out of use. ``resource_id`` looks at one of them alone.
    """
    held = _reservations(session, window, resource_id)
    if not held:
        return []
    first = min(one.start for stretches in held.values() for one, _ in stretches)
    last = max(one.end for stretches in held.values() for one, _ in stretches)
    calendars = (
        Availability(session, list(held), patient_id=0, now=now, purposes=frozenset(), ignored=())
        .within(Interval(first, last))
        .resources
    )
    shut: set[int] = set()
    kept: dict[int, set[str]] = defaultdict(set)
    for held_id, stretches in held.items():
        calendar = calendars.get(held_id)
        for stretch, exam_id in stretches:
            if not _is_open(calendar, stretch):
                shut.add(exam_id)
            elif calendar is not None and (words := _kept_for(calendar, stretch)):
                kept[exam_id] |= words
    exams = session.scalars(
        select(ScheduledProcedureStep)
        .where(ScheduledProcedureStep.id.in_(shut | set(kept)))
        .order_by(ScheduledProcedureStep.starts_at, ScheduledProcedureStep.id)
    )
    return [one for one in exams if one.id in shut or not kept[one.id] <= purposes(one)]


def _reservations(
    session: Session, window: Interval, resource_id: int | None
) -> dict[int, list[tuple[Interval, int]]]:
    statement = (
        select(Reservation.resource_id, Reservation.during, Reservation.exam_id)
        .join(ScheduledProcedureStep, ScheduledProcedureStep.id == Reservation.exam_id)
        .join(Resource, Resource.id == Reservation.resource_id)
        .where(
            Reservation.during.overlaps(as_range(window)),
            ScheduledProcedureStep.status == StepStatus.SCHEDULED,
        )
    )
    if resource_id is not None:
        statement = statement.where(Reservation.resource_id == resource_id)
    held: dict[int, list[tuple[Interval, int]]] = defaultdict(list)
    for held_id, during, exam_id in session.execute(statement):
        if held_id is not None and during.lower is not None and during.upper is not None:
            held[held_id].append((Interval(during.lower, during.upper), exam_id))
    return held


def _is_open(calendar: ResourceCalendar | None, stretch: Interval) -> bool:
    """Tell whether the resource is open throughout, blocks for whatever purpose included."""
    if calendar is None:
        return False
    blocked = [one.during for one in calendar.taken if one.cause is Cause.BLOCKED]
    closed = [one.during for one in calendar.taken if one.cause is Cause.CLOSED]
    shut = any(one.start < stretch.end and stretch.start < one.end for one in closed)
    return not shut and covers(union([*calendar.usable, *blocked]), *stretch)


def _kept_for(calendar: ResourceCalendar, stretch: Interval) -> set[str]:
    """Return the purposes for which a part of the stretch is kept."""
    return {
        one.text
        for one in calendar.taken
        if one.cause is Cause.BLOCKED
        and one.during.start < stretch.end
        and stretch.start < one.during.end
    }
