"""Pauses between attempts double up to the longest, however many attempts there were."""

from datetime import UTC, datetime, timedelta

import pytest

from worklist.backoff import has_come, pause_after


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 5), (2, 10), (3, 20), (7, 320), (8, 600), (45, 600), (5000, 600)]
)
def test_the_pause_doubles_up_to_the_longest(attempts: int, seconds: int) -> None:
    first, longest = timedelta(seconds=5), timedelta(minutes=10)
    assert pause_after(attempts, first=first, longest=longest) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("minutes", "come"), [(-60, True), (0, True), (1, False), (5, False), (6, True), (60, True)]
)
def test_a_time_further_ahead_than_any_pause_was_set_by_another_clock(
    minutes: int, *, come: bool
) -> None:
    now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    again_at, longest = now + timedelta(minutes=minutes), timedelta(minutes=5)
    assert has_come(again_at, now=now, longest=longest) is come
