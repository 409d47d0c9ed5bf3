"""Times of day on the calendar, also on the days on which the clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worklist.rules.findings import DailyWindows, PreferUntil, Warn
from worklist.scheduling.intervals import Interval
from worklist.scheduling.times_of_day import after_preferred, outside_windows

VIENNA = ZoneInfo("Europe/Vienna")
DAY = date(2026, 11, 24)
OTHER = Warn(rule="XX-00", text="A test.", source="None")


def windows(*pairs: tuple[time, time]) -> DailyWindows:
    return DailyWindows(rule="NM-02", text="A test.", source="None", windows=pairs)


def until(hour: int) -> PreferUntil:
    return PreferUntil(rule="PR-02", text="A test.", source="None", until=time(hour))


def at(hour: int, minute: int = 0, *, day: date = DAY) -> datetime:
    return datetime.combine(day, time(hour, minute), VIENNA)


def may_start(avoided: list[Interval], start: datetime) -> bool:
    return not any(one.start < start < one.end for one in avoided)


def test_an_exam_starts_within_a_window_both_ends_included() -> None:
    pairs = ((time(7, 30), time(9, 15)), (time(12), time(13)))
    avoided = list(outside_windows([OTHER, windows(*pairs)], DAY, VIENNA, 2))
    allowed = [at(7, 30), at(9, 15), at(12), at(13), at(7, 30, day=DAY + timedelta(days=1))]
    closed = [at(0), at(7, 29), at(9, 16), at(11, 59), at(13, 1), at(23, 59)]
    assert [may_start(avoided, start) for start in allowed] == [True] * 5
    assert [may_start(avoided, start) for start in closed] == [False] * 6


def test_nothing_is_avoided_without_windows() -> None:
    assert list(outside_windows([OTHER], DAY, VIENNA, 2)) == []


def test_windows_follow_the_clock_of_the_site() -> None:
    # Summer time ends on 25 October 2026: 08:00 is 06:00 UTC the day before, 07:00 UTC on that day.
    first = date(2026, 10, 24)
    avoided = list(outside_windows([windows((time(8), time(8)))], first, VIENNA, 2))
    assert may_start(avoided, datetime(2026, 10, 24, 6, tzinfo=UTC))
    assert may_start(avoided, datetime(2026, 10, 25, 7, tzinfo=UTC))
    assert not may_start(avoided, datetime(2026, 10, 25, 6, tzinfo=UTC))


def test_the_earliest_preferred_time_counts() -> None:
    rests = list(after_preferred([until(12), OTHER, until(10)], DAY, VIENNA, 1))
    assert rests == [Interval(at(10), at(0, day=DAY + timedelta(days=1)))]
    assert list(after_preferred([OTHER], DAY, VIENNA, 1)) == []
