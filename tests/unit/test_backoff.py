"""Pauses between attempts double up to the longest, however many attempts there were."""

from datetime import timedelta

import pytest

from worklist.backoff import pause_after


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 5), (2, 10), (3, 20), (7, 320), (8, 600), (45, 600), (5000, 600)]
)
def test_the_pause_doubles_up_to_the_longest(attempts: int, seconds: int) -> None:
    first, longest = timedelta(seconds=5), timedelta(minutes=10)
    assert pause_after(attempts, first=first, longest=longest) == timedelta(seconds=seconds)
