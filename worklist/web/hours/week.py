"""Lay out the week of a room, bay or member of staff: days as columns, the day's hours as rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Self
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.catalogue.hours import lines_of
from worklist.catalogue.models import Block, Closure, OpeningHours, Resource, ResourceKind, Room
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.availability import as_range
from worklist.scheduling.displaced import displaced_exams
from worklist.scheduling.intervals import Interval, subtract
from worklist.scheduling.models import Reservation
from worklist.web.day.grid import Label, Place
from worklist.web.day.queries import NOT_SHOWN, calendars_within, shades

ROW_MINUTES = 15
_ROWS_AN_HOUR = 60 // ROW_MINUTES
_ROWS_A_DAY = 24 * _ROWS_AN_HOUR


@dataclass(frozen=True, slots=True)
class Axis:
    """The rows of a day, which all seven share: quarters of an hour as clocks show them.

    In the week in which the clocks go back, those that they show twice have rows twice; on the
    other days a stretch runs through the second ones.

    Attributes:
        zone: The site's zone.
        again: The first of the repeated rows, counted from 0; None in any other week.
        repeated: How many there are, four as a rule.
    """

    zone: ZoneInfo
    again: int | None = None
    repeated: int = 0

    @classmethod
    def of(cls, days: Iterable[Interval], zone: ZoneInfo) -> Self:
        """Return the axis of these days, each from midnight to midnight."""
        step = timedelta(minutes=ROW_MINUTES)
        second = [
            local
            for day in days
            for number in range((day.end - day.start) // step)
            if (local := (day.start + number * step).astimezone(zone)).fold
        ]
        return cls(zone, _quarter(second[0]) if second else None, len(second))

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return _ROWS_A_DAY + self.repeated

    def row(self, moment: datetime) -> int:
        """Return the row of a moment, counted from 0."""
        local = moment.astimezone(self.zone)
        quarter = _quarter(local)
        if self.again is not None and (local.fold or quarter >= self.again + self.repeated):
            return quarter + self.repeated
        return quarter

    def labels(self) -> list[Label]:
        """Return the hours at the edge; one that clocks show twice is there twice."""
        first = self.again or 0
        quarters = list(range(_ROWS_A_DAY))
        quarters[first + self.repeated : first + self.repeated] = quarters[
            first : first + self.repeated
        ]
        return [
            Label(row + 1, f"{quarter // _ROWS_AN_HOUR:02}:00")
            for row, quarter in enumerate(quarters)
            if quarter % _ROWS_AN_HOUR == 0
        ]


@dataclass(frozen=True, slots=True)
class Strip:
    """A stretch in one day's column: ``closed``, ``closure``, ``block``, ``holiday``, ``busy``."""

    place: Place
    kind: str
    text: str
    during: Interval


@dataclass(frozen=True, slots=True)
class Day:
    """One column."""

    day: date
    strips: Sequence[Strip]
    exams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A resource's week, and what can be taken away or must leave in it."""

    resource: Resource
    axis: Axis
    days: Sequence[Day]
    hours: Sequence[OpeningHours]
    closures: Sequence[Closure]
    blocks: Sequence[Block]
    displaced: Sequence[ScheduledProcedureStep]


def week_of(session: Session, resource: Resource, monday: date, *, now: datetime) -> Week:
    """Return the week that begins on ``monday`` in the zone of the room's site.

    Raises:
        DomainError: the resource is out of use.
    """
    zone = ZoneInfo(resource.site.time_zone)
    bounds = [_midnight(monday + timedelta(days=number), zone) for number in range(8)]
    window = Interval(bounds[0], bounds[-1])
    calendar = calendars_within(session, [resource.id], window).get(resource.id)
    if calendar is None:
        raise DomainError(_("%(code)s is out of use: it has no week.", code=resource.code))
    busy = _busy(session, resource, window)
    lines = [
        *(("closed", "", one) for one in subtract([window], calendar.opening)),
        *(("busy", "", one) for one in busy),
        *((one.kind, one.text, one.during) for one in shades(calendar, window)),
    ]
    columns = [Interval(start, end) for start, end in pairwise(bounds)]
    axis = Axis.of(columns, zone)
    days = [
        Day(
            one.start.astimezone(zone).date(),
            list(_strips(lines, one, axis)),
            sum(one.start <= stay.start < one.end for stay in busy),
        )
        for one in columns
    ]
    return Week(
        resource=resource,
        axis=axis,
        days=days,
        hours=lines_of(session, resource.id),
        closures=_closures(session, resource.id, window),
        blocks=_blocks(session, resource.id, window),
        displaced=_displaced(session, resource.id, window, now),
    )


def resources(session: Session, site_id: int) -> Sequence[Resource]:
    """Return the site's rooms in use in their order, then its bays and staff."""
    is_other = Resource.kind != ResourceKind.ROOM
    return session.scalars(
        select(Resource)
        .outerjoin(Room, Room.id == Resource.id)
        .where(Resource.site_id == site_id, Resource.active)
        .order_by(is_other, Room.display_order, Resource.kind, Resource.code)
    ).all()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _strips(
    lines: Iterable[tuple[str, str, Interval]], day: Interval, axis: Axis
) -> Iterable[Strip]:
    for kind, text, during in lines:
        start, end = max(during.start, day.start), min(during.end, day.end)
        if start >= end:
            continue
        first = axis.row(start)
        is_last = end == day.end
        last = axis.rows if is_last else max(axis.row(end - timedelta(seconds=1)) + 1, first + 1)
        yield Strip(Place(first + 1, last - first), kind, text, Interval(start, end))


def _quarter(local: datetime) -> int:
    return (local.hour * 60 + local.minute) // ROW_MINUTES


def _busy(session: Session, resource: Resource, window: Interval) -> list[Interval]:
    if resource.kind is not ResourceKind.ROOM:
        return _reserved(session, resource.id, window)
    exam = ScheduledProcedureStep
    rows = session.execute(
        select(exam.starts_at, exam.ends_at)
        .where(
            exam.room_id == resource.id,
            exam.starts_at >= window.start,
            exam.starts_at < window.end,
            exam.status.not_in(NOT_SHOWN),
        )
        .order_by(exam.starts_at)
    )
    return [Interval(start, end) for start, end in rows if start and end]


def _reserved(session: Session, resource_id: int, window: Interval) -> list[Interval]:
    rows = session.scalars(
        select(Reservation.during)
        .where(
            Reservation.resource_id == resource_id, Reservation.during.overlaps(as_range(window))
        )
        .order_by(Reservation.during)
    )
    return [Interval(one.lower, one.upper) for one in rows if one.lower and one.upper]


def _closures(session: Session, resource_id: int, window: Interval) -> Sequence[Closure]:
    return session.scalars(
        select(Closure)
        .where(Closure.resource_id == resource_id, Closure.during.overlaps(as_range(window)))
        .order_by(Closure.during)
    ).all()


def _blocks(session: Session, resource_id: int, window: Interval) -> Sequence[Block]:
    return session.scalars(
        select(Block)
        .where(Block.resource_id == resource_id, Block.during.overlaps(as_range(window)))
        .order_by(Block.during)
    ).all()


def _displaced(
    session: Session, resource_id: int, window: Interval, now: datetime
) -> Sequence[ScheduledProcedureStep]:
    """Return the exams of the week that must leave their slot from now on."""
    if window.end <= now:
        return []
    rest = Interval(max(now, window.start), window.end)
    return displaced_exams(session, rest, now=now, resource_id=resource_id)
