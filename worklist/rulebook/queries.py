"""Reads of the thresholds in use and of their history."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from worklist.rulebook.models import ThresholdChange
from worklist.rules.parameters import parameters, with_changes
from worklist.rules.thresholds import Thresholds


def own_values(session: Session) -> dict[str, Any]:
    """Return the department's values, by name; what is not among them is as shipped.

    A value of a threshold that this version no longer has is left out.
    """
    change = ThresholdChange
    rows = session.execute(
        select(change.name, change.after)
        .ext(distinct_on(change.name))
        .order_by(change.name, change.id.desc())
    )
    known = parameters()
    return {name: after for name, after in rows if after is not None and name in known}


def thresholds(session: Session) -> Thresholds:
    """Return the thresholds in use."""
    return _of(json.dumps(own_values(session), sort_keys=True))


@lru_cache(maxsize=8)
def _of(values: str) -> Thresholds:
    return with_changes(json.loads(values))


def history(
    session: Session, *, name: str | None = None, limit: int = 200
) -> Sequence[ThresholdChange]:
    """Return the changes of one threshold or of all, newest first."""
    statement = select(ThresholdChange).order_by(ThresholdChange.id.desc()).limit(limit)
    if name is not None:
        statement = statement.where(ThresholdChange.name == name)
    return session.scalars(statement).all()
