"""Figures day by day: what the charts draw, and the tables beside them tell."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from worklist.catalogue.models import Resource, ResourceKind, Site
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.scheduling.access import AccessDay
from worklist.scheduling.policy import Policy
from worklist.vocabulary import Priority
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
    """One line of a chart; ``target`` is what the values should stay below, or ``at_least`` be."""

    name: str
    unit: Unit
    points: tuple[Point, ...]
    target: float | None = None
    at_least: bool = False

    def misses(self, value: float) -> bool:
        """Return whether a value is on the wrong side of the target."""
        if self.target is None:
            return False
        return value < self.target if self.at_least else value > self.target


_Found = Mapping[date, tuple[float | None, int]]


def next_available(session: Session, site: Site, span: Span) -> Trend:
    """Return the median over the rooms of how far their third next available half hour was.

    Each day counts the rooms that had one within 30 days.
    """
    kept = AccessDay
    rows = session.execute(
        select(kept.day, _median(kept.wait_seconds), func.count(kept.wait_seconds))
        .where(
            kept.resource_id.in_(room_ids(site)),
            kept.day.between(span.first, span.last),
            kept.wait_seconds.is_not(None),
        )
        .group_by(kept.day)
    )
    found = {day: (float(median), number) for day, median, number in rows}
    return trend("next-available", Unit.TIME, span, found)


def turnaround(session: Session, span: Span, policy: Policy) -> list[Trend]:
    """Return the median from performed to read of each priority that was read in the span."""
    day = span.day_of(ReadingTask.read_at)
    took = func.extract("epoch", ReadingTask.read_at - ReadingTask.ready_at)
    rows = session.execute(
        select(ReadingTask.priority, day, _median(took), func.count())
        .where(ReadingTask.status == ReadingStatus.READ, within(ReadingTask.read_at, span.period))
        .group_by(ReadingTask.priority, day)
    )
    return by_priority(rows, span, lambda priority: policy.read_within[priority])


def room_ids(site: Site) -> Select[Any]:
    """Return the rooms of a site, those out of use by now among them."""
    return select(Resource.id).where(
        Resource.site_id == site.id, Resource.kind == ResourceKind.ROOM
    )


def _median(of: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    return func.percentile_cont(0.5).within_group(of)


def by_priority(
    rows: Iterable[Sequence[Any]], span: Span, target: Callable[[Priority], timedelta]
) -> list[Trend]:
    """Return a line of each priority from rows of priority, day, median and number."""
    found: dict[Priority, dict[date, tuple[float | None, int]]] = defaultdict(dict)
    for priority, day, median, number in rows:
        found[priority][day] = (float(median), number)
    return [
        trend(one, Unit.TIME, span, found[one], target(one).total_seconds())
        for one in Priority
        if one in found
    ]


def used_enough(of: Trend, policy: Policy) -> Trend:
    """Return how much rooms were used with what the department wants at least."""
    return replace(of, target=policy.used_percent / 100, at_least=True)


def missed_little(of: Trend, policy: Policy) -> Trend:
    """Return how many stayed away with how many may."""
    return replace(of, target=policy.missed_percent / 100)


def trend(name: str, unit: Unit, span: Span, found: _Found, target: float | None = None) -> Trend:
    """Return the values of some days as a line over all of them."""
    points = tuple(Point(day, *found.get(day, (None, 0))) for day in span.days)
    return Trend(name, unit, points, target)
