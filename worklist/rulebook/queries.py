"""Reads of the thresholds in use and of their history."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.rulebook import changes
from worklist.rulebook.models import RuleReview, ThresholdChange
from worklist.rules.parameters import parameters, with_changes
from worklist.rules.thresholds import Thresholds


def own_values(session: Session, *, until: int | None = None) -> dict[str, Any]:
    """Return the department's values, by name; what is not among them is as shipped.

    A value of a threshold that this version no longer has is left out; ``until`` leaves out that
    change and those after it.
    """
    known = parameters()
    found = changes.newest(session, ThresholdChange, until=until)
    return {name: after for name, after in found.items() if name in known}


def thresholds(session: Session, *, until: int | None = None) -> Thresholds:
    """Return the thresholds in use, or those before the change ``until``."""
    return _of(json.dumps(own_values(session, until=until), sort_keys=True))


@lru_cache(maxsize=8)
def _of(values: str) -> Thresholds:
    return with_changes(json.loads(values))


def history(
    session: Session, *, name: str | None = None, limit: int = 200
) -> Sequence[ThresholdChange]:
    """Return the changes of one threshold or of all, newest first."""
    return changes.history(session, ThresholdChange, name=name, limit=limit)


def unfinished_review(
    session: Session, *, lock: bool = False, skip_locked: bool = False
) -> RuleReview | None:
    """Return the review of booked exams that is under way."""
    statement = select(RuleReview).where(RuleReview.finished_at.is_(None))
    if lock:
        statement = statement.with_for_update(skip_locked=skip_locked)
    return session.scalar(statement.execution_options(populate_existing=True))


def newest_review(session: Session) -> RuleReview | None:
    """Return the last review of booked exams, finished or not."""
    return session.scalar(select(RuleReview).order_by(RuleReview.id.desc()).limit(1))
