"""In which order the waiting list is asked, and which starts are worth an offer."""

from datetime import datetime, timedelta

from worklist.scheduling.intervals import Interval
from worklist.vocabulary import Priority

LEAST_GAIN = timedelta(hours=1)


def rank(
    starts_at: datetime | None, due: datetime, priority: Priority, now: datetime
) -> tuple[bool, int]:
    """Return the key by which exams are asked: beyond their target first, then by urgency."""
    is_late = starts_at is None or max(starts_at, now) > due
    return (not is_late, priority.rank)


def starts_worth_offering(
    freed: Interval,
    *,
    present: datetime | None,
    notice: timedelta,
    not_before: datetime | None,
    now: datetime,
) -> Interval:
    """Return between which times of a freed stretch an exam would begin.

    Not so soon that nobody could come any more (a quarter of the usual notice), and at least an
    hour before the time that it has.
    """
    soonest = now + notice / 4
    first = max(freed.start, soonest, not_before or soonest)
    latest = (present or freed.end + LEAST_GAIN) - LEAST_GAIN
    return Interval(first, min(freed.end, latest))
