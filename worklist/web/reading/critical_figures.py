"""Figures of critical findings: raised in the period, how fast somebody was told, what is open."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worklist.reading.critical.models import CriticalFinding
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.vocabulary import Category
from worklist.web.statistics.chosen import within


@dataclass(frozen=True, slots=True)
class Communication:
    """The findings of one category; ``median`` is None where nobody was told of any."""

    category: Category
    target: timedelta
    raised: int
    told: int
    in_time: int
    open: int
    late: int
    median: timedelta | None


def communication(
    session: Session, period: Interval, policy: Policy, *, now: datetime
) -> list[Communication]:
    """Return each category of which a finding was raised in the period, the most pressing first.

    What was taken back does not count.
    """
    one = CriticalFinding
    told = one.acknowledged_at.is_not(None)
    took = func.extract("epoch", one.acknowledged_at - one.raised_at)
    rows = session.execute(
        select(
            one.category,
            func.count(),
            func.count().filter(told),
            func.count().filter(one.acknowledged_at <= one.due_at),
            func.count().filter(~told),
            func.count().filter(~told & (one.due_at <= now)),
            func.percentile_cont(0.5).within_group(took),
        )
        .where(
            within(one.raised_at, period),
            one.withdrawn_at.is_(None),
        )
        .group_by(one.category)
    )
    found = [
        Communication(
            category,
            policy.told_within[category],
            raised,
            told_of,
            in_time,
            still_open,
            late,
            None if median is None else timedelta(seconds=float(median)),
        )
        for category, raised, told_of, in_time, still_open, late, median in rows
    ]
    return sorted(found, key=lambda found_one: found_one.target)
