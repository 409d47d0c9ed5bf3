"""Figures day by day: what the charts draw, and the tables beside them tell."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from worklist.catalogue.models import Site
from worklist.catalogue.rooms import rooms_of_site
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import StepStatus
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.scheduling import access
from worklist.scheduling.access import AccessDay
from worklist.scheduling.policy import Policy
from worklist.vocabulary import Priority
from worklist.web.statistics import queries
from worklist.web.statistics.chosen import Span, within


class Unit(StrEnum):
    """What the values of a trend are: shares of one, or seconds."""

    SHARE = "share"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Point:
    """A day's value, None where nothing was counted, and of how many it is."""

    day: date
    value: float | None
    number: int


@dataclass(frozen=True, slots=True)
class Trend:
    """One line of a chart; ``target`` is what the values should stay below."""

    name: str
    unit: Unit
    points: tuple[Point, ...]
    target: float | None = None


_Found = Mapping[date, tuple[float | None, int]]


def utilisation(session: Session, site: Site, span: Span, now: datetime) -> Trend:
    """Return the used share of the open time of all rooms; each day counts the exams."""
    rooms = rooms_of_site(session, site.id)
    opened: dict[date, float] = defaultdict(float)
    for intervals in access.calendars(session, rooms, span.period, now).values():
        for one in intervals:
            for part, minutes in _by_day(one.start, one.end, span):
                opened[part] += minutes
    exam = ScheduledProcedureStep
    day = span.day_of(exam.starts_at)
    rows = session.execute(
        select(day, queries.used_minutes(now), func.count())
        .where(*queries.occupying([room.id for room in rooms], span.period))
        .group_by(day)
    )
    used = {one: (minutes, number) for one, minutes, number in rows}
    found = {
        one: (used.get(one, (0, 0))[0] / minutes, used.get(one, (0, 0))[1])
        for one, minutes in opened.items()
        if minutes
    }
    return _trend("utilisation", Unit.SHARE, span, found)


def no_shows(session: Session, site: Site, span: Span) -> Trend:
    """Return the share of those expected who did not come; each day counts those expected."""
    exam = ScheduledProcedureStep
    day = span.day_of(exam.status_changed_at)
    missed = func.count().filter(exam.status == StepStatus.NO_SHOW)
    rows = session.execute(
        select(day, missed, func.count())
        .where(
            *queries.ended(site, span.period),
            exam.status.in_([StepStatus.COMPLETED, StepStatus.NO_SHOW]),
        )
        .group_by(day)
    )
    found = {one: (number / expected, expected) for one, number, expected in rows}
    return _trend("no-shows", Unit.SHARE, span, found)


def next_available(session: Session, site: Site, span: Span) -> Trend:
    """Return the median over the rooms of how far their third next available half hour was.

    Each day counts the rooms that had one within 30 days.
    """
    kept = AccessDay
    rows = session.execute(
        select(kept.day, _median(kept.wait_seconds), func.count(kept.wait_seconds))
        .where(
            kept.resource_id.in_(queries.room_ids(site)),
            kept.day.between(span.first, span.last),
            kept.wait_seconds.is_not(None),
        )
        .group_by(kept.day)
    )
    found = {day: (float(median), number) for day, median, number in rows}
    return _trend("next-available", Unit.TIME, span, found)


def waiting(session: Session, site: Site, span: Span, policy: Policy) -> list[Trend]:
    """Return the median from order to start of each priority that was completed in the span."""
    exam = ScheduledProcedureStep
    day = span.day_of(exam.status_changed_at)
    rows = session.execute(
        select(ImagingServiceRequest.priority, day, _median(queries.WAITED), func.count())
        .select_from(exam)
        .join(exam.requested_procedure)
        .join(RequestedProcedure.order)
        .where(*queries.completed(site, span.period))
        .group_by(ImagingServiceRequest.priority, day)
    )
    return _by_priority(rows, span, lambda priority: policy.target[priority])


def turnaround(session: Session, span: Span, policy: Policy) -> list[Trend]:
    """Return the median from performed to read of each priority that was read in the span."""
    day = span.day_of(ReadingTask.read_at)
    took = func.extract("epoch", ReadingTask.read_at - ReadingTask.ready_at)
    rows = session.execute(
        select(ReadingTask.priority, day, _median(took), func.count())
        .where(ReadingTask.status == ReadingStatus.READ, within(ReadingTask.read_at, span.period))
        .group_by(ReadingTask.priority, day)
    )
    return _by_priority(rows, span, lambda priority: policy.read_within[priority])


def _median(of: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    return func.percentile_cont(0.5).within_group(of)


def _by_priority(
    rows: Iterable[Sequence[Any]], span: Span, target: Callable[[Priority], timedelta]
) -> list[Trend]:
    found: dict[Priority, dict[date, tuple[float | None, int]]] = defaultdict(dict)
    for priority, day, median, number in rows:
        found[priority][day] = (float(median), number)
    return [
        _trend(one, Unit.TIME, span, found[one], target(one).total_seconds())
        for one in Priority
        if one in found
    ]


def _trend(name: str, unit: Unit, span: Span, found: _Found, target: float | None = None) -> Trend:
    points = tuple(Point(day, *found.get(day, (None, 0))) for day in span.days)
    return Trend(name, unit, points, target)


def _by_day(start: datetime, end: datetime, span: Span) -> Iterable[tuple[date, float]]:
    """Yield the minutes of a stretch of time that lie in each day of the site."""
    while start < end:
        day = start.astimezone(span.zone).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=span.zone)
        until = min(end, midnight)
        yield day, (until - start) / timedelta(minutes=1)
        start = until
