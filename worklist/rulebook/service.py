"""Every write to the department's thresholds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from worklist.language.text import _
from worklist.orders import service as orders
from worklist.rulebook import changes, queries
from worklist.rulebook.models import RuleReview, ThresholdChange
from worklist.rules.parameters import ThresholdError, as_json, parameters, with_changes


def change(
    session: Session, values: Mapping[str, Any], *, reason: str, actor: str, now: datetime
) -> list[str]:
    """Put the department's values in use and return the names of those that differ from before.

    A value of None goes back to what is shipped. Exams without a slot are looked at again, and a
    review of all that are booked is asked for.

    Args:
        session: One transaction at a time changes thresholds.
        values: By name, as JSON or TOML holds them; what is left out stays as it is.
        reason: Kept with each change.
        actor: Who changes it.
        now: When.

    Raises:
        ThresholdError: a name is unknown, a value is of the wrong form or out of bounds; nothing
            is changed.
        DomainError: no reason is given.
    """
    reason = changes.begin(session, ThresholdChange, reason)
    own = queries.own_values(session)
    rows = changes.keep(
        session,
        ThresholdChange,
        values,
        before=as_json(with_changes(own)),
        after=as_json(with_changes(_merged(own, values))),
        action="rules.changed",
        reason=reason,
        actor=actor,
        now=now,
    )
    if rows:
        _ask_for_review(session, min(row.id for row in rows), now)
        orders.look_again(session)
    return [row.name for row in rows]


def _ask_for_review(session: Session, change_id: int, now: datetime) -> None:
    """Have every booked exam judged again; a review that is not finished begins anew."""
    review = queries.unfinished_review(session, lock=True)
    if review is None:
        session.add(RuleReview(change_id=change_id, asked_at=now))
    else:
        review.asked_at, review.starts_at, review.exam_id, review.judged = now, None, 0, 0
    session.flush()


def _merged(own: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(values) - set(parameters()))
    if unknown:
        raise ThresholdError(
            _(
                "There is no threshold %(unknown)s: `worklist rules list` lists them all.",
                unknown=", ".join(unknown),
            )
        )
    merged = {**own, **values}
    return {name: value for name, value in merged.items() if value is not None}
