"""How full a room's stretches are, checked minute by minute."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worklist.scheduling.intervals import Interval, subtract
from worklist.scheduling.stretches import Stretches

# Stretches of two hours of the first room of a modality begin at this midnight.
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
HOURS, MINUTES = 2, 120
DAY = 24 * 60


def at(minute: int) -> datetime:
    return MIDNIGHT + timedelta(minutes=minute)


def span(start: int, end: int) -> Interval:
    return Interval(at(start), at(end))


def stretches(usable: list[Interval], booked: list[Interval], place: int = 0) -> Stretches:
    return Stretches(usable, subtract(usable, booked), place=place, hours=HOURS)


def test_a_stretch_that_is_free_enough_is_not_full() -> None:
    room = stretches([span(0, 240)], [span(0, 30)])
    assert room.full_until(span(30, 60), 0.5) is None


def test_the_last_exam_that_leaves_less_than_the_share_is_told_alone() -> None:
    room = stretches([span(0, 240)], [span(0, 50)])
    assert room.full_until(span(50, 60), 0.5) is None
    assert room.full_until(span(50, 61), 0.5) == (at(120), False)


def test_an_exam_longer_than_the_share_has_an_empty_stretch() -> None:
    room = stretches([span(0, 240)], [])
    assert room.full_until(span(0, 110), 0.5) is None


def test_only_what_lies_in_the_stretch_counts() -> None:
    room = stretches([span(0, 240)], [span(0, 50)])
    assert room.full_until(span(110, 170), 0.5) is None


def test_full_stretches_that_follow_each_other_are_passed_at_once() -> None:
    room = stretches([span(0, 480)], [span(0, 61), span(130, 240)])
    assert room.full_until(span(61, 62), 0.5) == (at(240), True)


def test_shut_stretches_are_full() -> None:
    room = stretches([span(0, 60), span(360, 480)], [span(0, 50)])
    assert room.full_until(span(50, 60), 0.5) == (at(360), True)


@pytest.mark.parametrize(("place", "end"), [(0, 120), (1, 80), (2, 40), (3, 120)])
def test_rooms_side_by_side_have_other_stretches(place: int, end: int) -> None:
    room = stretches([span(0, end), span(end, 480)], [span(0, end)], place)
    assert room.full_until(span(0, 10), 0.5) == (at(end), True)


pieces = st.lists(
    st.tuples(st.integers(0, DAY - 1), st.integers(1, 300)).map(
        lambda one: span(one[0], one[0] + one[1])
    ),
    max_size=8,
)


@given(pieces, pieces, st.integers(0, DAY), st.integers(1, 200), st.sampled_from([0.25, 0.5]))
def test_what_is_passed_over_is_full_minute_by_minute(
    opening: list[Interval], booked: list[Interval], start: int, length: int, share: float
) -> None:
    usable = subtract(opening, [])
    free = subtract(usable, booked)
    during = span(start, start + length)
    found = stretches(usable, booked).full_until(during, share)

    def counted(some: list[Interval], number: int) -> int:
        stretch = range(number * MINUTES, (number + 1) * MINUTES)
        return sum(any(one.start <= at(minute) < one.end for one in some) for minute in stretch)

    def full(number: int, own: int = 0) -> bool:
        open_for = counted(usable, number)
        return not open_for or counted(free, number) - own < share * open_for

    number = start // MINUTES
    own = min(start + length, (number + 1) * MINUTES) - start
    if full(number):
        assert found is not None
        until, whatever_comes = found
        passed = int((until - MIDNIGHT) / timedelta(hours=HOURS))
        assert whatever_comes
        assert all(full(one) for one in range(number, passed))
        last = int((max(one.end for one in usable) - at(0)) / timedelta(minutes=1)) if usable else 0
        assert passed * MINUTES >= last or not full(passed)
    elif counted(free, number) < counted(usable, number) and full(number, own):
        assert found == (at((number + 1) * MINUTES), False)
    else:
        assert found is None
