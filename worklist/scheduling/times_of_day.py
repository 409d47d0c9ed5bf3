"""From times of day, as rules give them, to stretches of the calendar in the rooms' zone."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worklist.rules.findings import DailyWindows, Finding, PreferUntil
from worklist.scheduling.intervals import Interval

_INSTANT = timedelta(microseconds=1)
_A_DAY = timedelta(days=1)


def outside_windows(
    findings: Iterable[Finding], first: date, zone: ZoneInfo, days: int
) -> Iterator[Interval]:
    """Yield the stretches in which no exam may start: whatever lies between daily windows.

    Both ends of each stretch may be started at, as both ends of a window may.
    """
    for finding in findings:
        if isinstance(finding, DailyWindows):
            yield from _gaps(finding, first, zone, days)


def _gaps(finding: DailyWindows, first: date, zone: ZoneInfo, days: int) -> Iterator[Interval]:
    # One instant earlier than midnight, so that midnight itself is closed too.
    since = datetime.combine(first, time(0), zone) - _INSTANT
    for offset in range(days):
        day = first + timedelta(days=offset)
        for opens, closes in finding.windows:
            yield Interval(since, datetime.combine(day, opens, zone))
            since = datetime.combine(day, closes, zone)
    yield Interval(since, datetime.combine(first + timedelta(days=days), time(0), zone))


def after_preferred(
    findings: Iterable[Finding], first: date, zone: ZoneInfo, days: int
) -> Iterator[Interval]:
    """Yield the rest of each day after the earliest time until which a start is preferred."""
    untils = [one.until for one in findings if isinstance(one, PreferUntil)]
    if not untils:
        return
    for offset in range(days):
        day = first + timedelta(days=offset)
        midnight = datetime.combine(day + timedelta(days=1), time(0), zone)
        yield Interval(datetime.combine(day, min(untils), zone), midnight)


def outside_day_part(
    day_part: tuple[time, time] | None, first: date, zone: ZoneInfo, days: int
) -> Iterator[Interval]:
    """Yield the stretches that lie before and after a part of each day; None is the whole day."""
    if day_part is None:
        return
    opens, closes = day_part
    for offset in range(days):
        day = first + timedelta(days=offset)
        midnight, next_midnight = (_utc(one, time(0), zone) for one in (day, day + _A_DAY))
        yield Interval(midnight, _utc(day, opens, zone))
        if closes != time(0):
            yield Interval(_utc(day, closes, zone), next_midnight)


def _utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
