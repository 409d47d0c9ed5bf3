from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worklist.scheduling.intervals import (
    Interval,
    Running,
    WeeklyHours,
    covers,
    opening_intervals,
    round_up,
    subtract,
    union,
)

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")


def at(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


def span(start: int, end: int) -> Interval:
    return Interval(at(start), at(end))


intervals = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(
        lambda one: span(one[0], one[0] + one[1])
    ),
    max_size=8,
)


def minutes(some: list[Interval]) -> set[int]:
    """Return the minutes that the intervals hold: the plain way to the same answer."""
    return {minute for one in some for minute in range(100) if one.start <= at(minute) < one.end}


@given(intervals, intervals)
def test_subtract_leaves_the_minutes_not_taken(free: list[Interval], taken: list[Interval]) -> None:
    assert minutes(subtract(free, taken)) == minutes(free) - minutes(taken)


@given(intervals)
def test_union_keeps_the_minutes_and_is_disjoint(some: list[Interval]) -> None:
    merged = union(some)
    assert minutes(merged) == minutes(some)
    assert all(a.end < b.start for a, b in pairwise(merged))


@given(intervals, st.integers(0, 60), st.integers(1, 20))
def test_covers_means_every_minute_is_there(some: list[Interval], start: int, length: int) -> None:
    wanted = span(start, start + length)
    assert covers(union(some), *wanted) == (minutes([wanted]) <= minutes(some))


@given(intervals, st.integers(0, 90), st.integers(0, 20))
def test_running_counts_the_minutes_between_two_moments(
    some: list[Interval], start: int, length: int
) -> None:
    found = Running(union(some)).within(at(start).timestamp(), at(start + length).timestamp())
    assert found == 60 * len(minutes(some) & set(range(start, start + length)))


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2026, 3, 29), 23),  # clocks go forward in the European Union: last Sunday of March
        (date(2026, 10, 25), 25),  # and back: last Sunday of October
        (date(2026, 11, 24), 24),
    ],
)
def test_round_the_clock_follows_daylight_saving(day: date, hours: int) -> None:
    every_day = [WeeklyHours(weekday, time(0), time(0)) for weekday in range(1, 8)]
    start = datetime.combine(day, time(0), VIENNA).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(0), VIENNA).astimezone(UTC)
    (found,) = opening_intervals(every_day, VIENNA, Interval(start, end))
    assert found.end - found.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "opens_utc"),
    [(date(2026, 3, 28), 7), (date(2026, 3, 29), 6), (date(2026, 10, 25), 7)],
)
def test_a_room_opens_at_its_wall_clock_time_around_the_change(day: date, opens_utc: int) -> None:
    hours = [WeeklyHours(day.isoweekday(), time(8), time(16))]
    window = Interval(
        datetime.combine(day, time(0), UTC), datetime.combine(day, time(0), UTC) + timedelta(days=1)
    )
    (found,) = opening_intervals(hours, VIENNA, window)
    assert found.start == datetime.combine(day, time(opens_utc), UTC)


def test_hours_count_only_while_they_are_valid() -> None:
    line = WeeklyHours(2, time(8), time(9), date(2026, 11, 17), date(2026, 11, 24))
    window = Interval(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC))
    found = opening_intervals([line], ZoneInfo("UTC"), window)
    assert [one.start.date() for one in found] == [date(2026, 11, 17), date(2026, 11, 24)]


@pytest.mark.parametrize(("minute", "rounded"), [(0, 0), (1, 5), (4, 5), (5, 5), (61, 65)])
def test_round_up_to_five_minutes(minute: int, rounded: int) -> None:
    assert round_up(at(minute), 5) == at(rounded)
