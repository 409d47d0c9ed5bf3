"""How long to wait before another system is tried again."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

_MOST_DOUBLINGS = 16  # a longer pause is the longest anyway, and timedelta has an end


def pause_after(attempts: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Return the pause after so many attempts: ``first``, doubled each time up to ``longest``."""
    return min(first * (1 << min(attempts - 1, _MOST_DOUBLINGS)), longest)


def has_come(again_at: datetime, *, now: datetime, longest: timedelta) -> bool:
    """Return whether the time to try again has come.

    One that is further ahead than any pause was set before the clock was put back: nobody waits
    for it.
    """
    return again_at <= now or again_at > now + longest


def is_due(
    again_at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    *,
    now: datetime,
    longest: timedelta,
) -> ColumnElement[bool]:
    """Return the condition of ``has_come`` for a column."""
    return or_(again_at <= now, again_at > now + longest)
