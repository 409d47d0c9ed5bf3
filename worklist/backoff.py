"""How long to wait before another system is tried again."""

from datetime import timedelta

_MOST_DOUBLINGS = 16  # a longer pause is the longest anyway, and timedelta has an end


def pause_after(attempts: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Return the pause after so many attempts: ``first``, doubled each time up to ``longest``."""
    return min(first * (1 << min(attempts - 1, _MOST_DOUBLINGS)), longest)
