"""Booked exams that need something that has since been closed, or kept for others."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worklist.catalogue.models import Resource
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling.availability import Availability, Cause, ResourceCalendar, as_range
from worklist.scheduling.intervals import Interval, covers, union
from worklist.scheduling.models import Reservation
from worklist.scheduling.unattended import unattended
from worklist.scheduling.walk import purposes


def displaced_exams(
    session: Session, window: Interval, *, now: datetime, resource_id: int | None = None
) -> Sequence[ScheduledProcedureStep]:
    """Return the exams that must leave their slot, in order of time.

    Those are SCHEDULED exams with a reservation in the window, of a room, bay or member of staff
    that by now has a closure, a holiday or no opening hours then, keeps the time for others, or is
    out of use; and those that want somebody on duty while nobody is at work. ``resource_id`` looks
    at one of them alone.
    """
    shut, kept = _losing(session, window, resource_id, now)
    shut |= unattended(session, window, resource_id=resource_id, now=now)
    exams = session.scalars(
        select(ScheduledProcedureStep)
        .where(
            ScheduledProcedureStep.id.in_(shut | set(kept)),
            ScheduledProcedureStep.status == StepStatus.SCHEDULED,
        )
        .order_by(ScheduledProcedureStep.starts_at, ScheduledProcedureStep.id)
    )
    return [
        one
        for one in exams
        if one.id in shut
        or not kept[one.id] <= purposes(one.order, screening=one.procedure.screening)
    ]


def _losing(
    session: Session, window: Interval, resource_id: int | None, now: datetime
) -> tuple[set[int], dict[int, set[str]]]:
    """Return the exams that have something shut, and those in kept time with what it is for.

    They are of any status: few lose anything, and to read all that are booked takes long.
    """
    shut: set[int] = set()
    kept: dict[int, set[str]] = defaultdict(set)
    held = _reservations(session, window, resource_id)
    if not held:
        return shut, kept
    first = min(one.start for stretches in held.values() for one, _ in stretches)
    last = max(one.end for stretches in held.values() for one, _ in stretches)
    calendars = (
        Availability(session, list(held), patient_id=0, now=now, purposes=frozenset(), ignored=())
        .within(Interval(first, last))
        .resources
    )
    for held_id, stretches in held.items():
        hours = _Hours(calendars.get(held_id))
        for stretch, exam_id in stretches:
            if not hours.is_open(stretch):
                shut.add(exam_id)
            elif words := hours.kept_for(stretch):
                kept[exam_id] |= words
    return shut, kept


def _reservations(
    session: Session, window: Interval, resource_id: int | None
) -> dict[int, list[tuple[Interval, int]]]:
    statement = (
        select(
            Reservation.resource_id,
            func.lower(Reservation.during),
            func.upper(Reservation.during),
            Reservation.exam_id,
        )
        .join(Resource, Resource.id == Reservation.resource_id)
        .where(Reservation.during.overlaps(as_range(window)))
    )
    if resource_id is not None:
        statement = statement.where(Reservation.resource_id == resource_id)
    held: dict[int, list[tuple[Interval, int]]] = defaultdict(list)
    for held_id, start, end, exam_id in session.execute(statement):
        if held_id is not None:
            held[held_id].append((Interval(start, end), exam_id))
    return held


class _Hours:
    """When a resource can be used at all, and for whom: worked out once for all its exams."""

    def __init__(self, calendar: ResourceCalendar | None) -> None:
        taken = calendar.taken if calendar else ()
        self._blocks = [one for one in taken if one.cause is Cause.BLOCKED]
        self._closed = [one.during for one in taken if one.cause is Cause.CLOSED]
        usable = calendar.usable if calendar else ()
        self._open = union([*usable, *(one.during for one in self._blocks)])

    def is_open(self, stretch: Interval) -> bool:
        """Return whether the resource is open throughout, blocks for whatever purpose included."""
        shut = any(one.overlaps(stretch) for one in self._closed)
        return not shut and covers(self._open, *stretch)

    def kept_for(self, stretch: Interval) -> set[str]:
        """Return the purposes for which a part of the stretch is kept."""
        return {one.text for one in self._blocks if one.during.overlaps(stretch)}
