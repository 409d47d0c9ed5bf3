"""Arithmetic on stretches of time: sorted lists of half-open intervals in UTC."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

PUBLIC_HOLIDAY = 0
_HOUR = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Interval(NamedTuple):
    """From ``start`` up to, not including, ``end``; both aware, in UTC."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Interval") -> bool:
        """Return whether the two share time; they do not where one begins as the other ends."""
        return self.start < other.end and other.start < self.end


class WeeklyHours(NamedTuple):
    """One line of weekly opening hours; ``closes`` 00:00 is the end of the day."""

    weekday: int
    opens: time
    closes: time
    valid_from: date | None = None
    valid_until: date | None = None


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same time as sorted intervals that neither overlap nor touch."""
    result: list[Interval] = []
    for one in sorted(intervals):
        if result and one.start <= result[-1].end:
            result[-1] = Interval(result[-1].start, max(result[-1].end, one.end))
        else:
            result.append(one)
    return result


def together(parts: Iterable[Sequence[Interval]]) -> list[Interval]:
    """Return as one what was read in parts that follow each other and overlap a little.

    Each part is sorted and disjoint, and says of the time that it shares with the one before the
    same as that.
    """
    result: list[Interval] = []
    for part in parts:
        position = 0
        while result and position < len(part) and part[position].start <= result[-1].end:
            if part[position].end > result[-1].end:
                result[-1] = Interval(result[-1].start, part[position].end)
            position += 1
        result += part[position:]
    return result


def subtract(free: Iterable[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """Return what is left of ``free`` without ``taken``; neither needs to be sorted."""
    return without(union(free), union(taken))


def without(free: Sequence[Interval], taken: Sequence[Interval]) -> list[Interval]:
    """Return what is left of ``free`` without ``taken``, each sorted and disjoint."""
    if not taken:
        return list(free)
    result: list[Interval] = []
    position, number = 0, len(taken)
    for start, end in free:
        begin = start
        while position < number and taken[position].end <= begin:
            position += 1
        index = position
        while index < number and taken[index].start < end:
            until, again = taken[index]
            if until > begin:
                result.append(Interval(begin, until))
            begin = again
            index += 1
        if begin < end:
            result.append(Interval(begin, end))
    return result


def covers(free: Sequence[Interval], start: datetime, end: datetime) -> bool:
    """Return whether one of the sorted, disjoint intervals contains ``start`` to ``end``."""
    index = bisect_right(free, start, key=lambda one: one.start) - 1
    return index >= 0 and free[index].end >= end


def seconds_by_stretch(
    intervals: Iterable[Interval], begin: float, length: int
) -> dict[int, float]:
    """Return how many seconds of sorted, disjoint intervals lie in each stretch of ``length``.

    All in seconds: stretch 0 begins at ``begin`` since 1970. Those without any are left out.
    """
    found: dict[int, float] = {}
    for start, end in intervals:
        first, last = start.timestamp() - begin, end.timestamp() - begin
        number, final = int(first // length), int(last // length)
        if number < final:
            found[number] = found.get(number, 0.0) + (number + 1) * length - first
            # Nothing else is in what it fills, nor before it in the one that it ends in.
            found.update(dict.fromkeys(range(number + 1, final), float(length)))
            if last > final * length:
                found[final] = last - final * length
        else:
            found[number] = found.get(number, 0.0) + last - first
    return found


def common(some: Sequence[Interval], others: Sequence[Interval]) -> timedelta:
    """Return how long two lists of sorted, disjoint intervals have in common."""
    found, position, number = timedelta(0), 0, len(others)
    for start, end in some:
        while position < number and others[position].end <= start:
            position += 1
        index = position
        while index < number and others[index].start < end:
            found += min(end, others[index].end) - max(start, others[index].start)
            index += 1
    return found


def summed(disjoint: Iterable[Interval]) -> timedelta:
    """Return how long the disjoint intervals are together."""
    return sum((end - start for start, end in disjoint), timedelta(0))


def opening_intervals(
    hours: Iterable[WeeklyHours],
    zone: ZoneInfo,
    window: Interval,
    holidays: Collection[date] = (),
) -> tuple[Interval, ...]:
    """Return when something is open within ``window``: the same object for the same question.

    On public holidays only lines of weekday 0 hold.

    Hours are wall-clock times of ``zone``: a room that opens at 08:00 opens at 08:00 on both
    daylight-saving days, and one that is open round the clock is so for 23 or 25 hours.
    """
    return _open_within(tuple(hours), zone, window, frozenset(holidays))


@lru_cache(maxsize=500)
def _open_within(
    lines: Sequence[WeeklyHours], zone: ZoneInfo, window: Interval, holidays: frozenset[date]
) -> tuple[Interval, ...]:
    first = window.start.astimezone(zone).date() - timedelta(days=1)
    last = window.end.astimezone(zone).date()
    return tuple(clipped(_open_days(lines, zone, first, last, holidays), window))


@lru_cache(maxsize=2_000)
def _open_days(
    lines: Sequence[WeeklyHours],
    zone: ZoneInfo,
    first: date,
    last: date,
    holidays: Collection[date],
) -> tuple[Interval, ...]:
    """Return the opening of whole days, which many resources with the same hours share."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(
        union(
            _on_day(line, day, zone)
            for day in days
            for line in lines
            if line.weekday == (PUBLIC_HOLIDAY if day in holidays else day.isoweekday())
            and (line.valid_from is None or line.valid_from <= day)
            and (line.valid_until is None or day <= line.valid_until)
        )
    )


def clipped(intervals: Sequence[Interval], window: Interval) -> list[Interval]:
    """Return what lies within ``window`` of sorted intervals that do not overlap."""
    found = list(overlapping(intervals, window))
    if found and found[0].start < window.start:
        found[0] = Interval(window.start, found[0].end)
    if found and found[-1].end > window.end:
        found[-1] = Interval(found[-1].start, window.end)
    return found


def overlapping(intervals: Sequence[Interval], window: Interval) -> Sequence[Interval]:
    """Return those of sorted intervals that do not overlap which share time with ``window``."""
    begin = bisect_right(intervals, window.start, key=lambda one: one.end)
    end = bisect_left(intervals, window.end, key=lambda one: one.start)
    return intervals[begin:end]


@lru_cache(maxsize=20_000)
def _on_day(line: WeeklyHours, day: date, zone: ZoneInfo) -> Interval:
    end_day = day + timedelta(days=1) if line.closes == time(0) else day
    return Interval(
        datetime.combine(day, line.opens, zone).astimezone(UTC),
        datetime.combine(end_day, line.closes, zone).astimezone(UTC),
    )


def whole_day(day: date, zone: ZoneInfo) -> Interval:
    """Return a day from midnight to midnight: 23, 24 or 25 hours."""
    return Interval(
        datetime.combine(day, time(0), zone).astimezone(UTC),
        datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC),
    )


def round_up(moment: datetime, minutes: int) -> datetime:
    """Return the first full ``minutes`` of the hour at or after ``moment``."""
    if _HOUR % minutes == 0 and not (
        moment.minute % minutes or moment.second or moment.microsecond
    ):
        return moment
    step = timedelta(minutes=minutes)
    remainder = (moment - _EPOCH) % step
    return moment if not remainder else moment + (step - remainder)
