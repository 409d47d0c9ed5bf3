from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worklist.scheduling.intervals import (
    Interval,
    WeeklyHours,
    clipped,
    common,
    covers,
    opening_intervals,
    round_up,
    seconds_by_stretch,
    subtract,
    together,
    union,
    without,
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


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        (span(0, 10), False),
        (span(0, 11), True),
        (span(12, 18), True),
        (span(0, 60), True),
        (span(19, 30), True),
        (span(20, 30), False),
    ],
)
def test_two_intervals_overlap_where_they_share_a_minute(other: Interval, *, overlap: bool) -> None:
    assert span(10, 20).overlaps(other) is overlap
    assert other.overlaps(span(10, 20)) is overlap


@given(intervals)
def test_union_keeps_the_minutes_and_is_disjoint(some: list[Interval]) -> None:
    merged = union(some)
    assert minutes(merged) == minutes(some)
    assert all(a.end < b.start for a, b in pairwise(merged))


@given(intervals, st.integers(0, 60), st.integers(1, 20))
def test_covers_means_every_minute_is_there(some: list[Interval], start: int, length: int) -> None:
    wanted = span(start, start + length)
    assert covers(union(some), *wanted) == (minutes([wanted]) <= minutes(some))


@given(intervals, intervals)
def test_without_is_the_same_for_what_is_sorted_and_disjoint(
    free: list[Interval], taken: list[Interval]
) -> None:
    assert without(union(free), union(taken)) == subtract(free, taken)


@given(intervals, st.integers(0, 60), st.integers(1, 40))
def test_clipped_keeps_the_minutes_of_the_window(
    some: list[Interval], start: int, length: int
) -> None:
    window = span(start, start + length)
    assert minutes(clipped(union(some), window)) == minutes(some) & minutes([window])


@given(intervals, intervals)
def test_common_counts_the_minutes_of_both(some: list[Interval], others: list[Interval]) -> None:
    both = minutes(some) & minutes(others)
    assert common(union(some), union(others)) == timedelta(minutes=len(both))


@given(intervals, st.lists(st.tuples(st.integers(0, 80), st.integers(0, 10)), max_size=4))
def test_what_was_read_in_parts_is_whole_again(
    some: list[Interval], cuts: list[tuple[int, int]]
) -> None:
    whole = union(some)
    begins = [0, *sorted(begin for begin, _ in cuts)]
    overlaps = [overlap for _, overlap in cuts]
    ends = [begin + more for begin, more in zip(begins[1:], overlaps, strict=True)]
    windows = [span(*one) for one in zip(begins, [*ends, 100], strict=True)]
    assert together(clipped(whole, one) for one in windows) == whole


@given(intervals, st.integers(-20, 20), st.integers(1, 20))
def test_each_stretch_has_its_minutes(some: list[Interval], begin: int, length: int) -> None:
    found = seconds_by_stretch(union(some), at(begin).timestamp(), length * 60)
    counted = Counter((minute - begin) // length for minute in minutes(some))
    assert found == {number: 60 * count for number, count in counted.items()}


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
