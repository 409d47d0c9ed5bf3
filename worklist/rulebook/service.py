"""Every write to the department's thresholds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.errors import DomainError
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNPLACED
from worklist.rulebook import queries
from worklist.rulebook.models import ThresholdChange
from worklist.rules.parameters import ThresholdError, as_json, parameters, with_changes


def change(
    session: Session, values: Mapping[str, Any], *, reason: str, actor: str, now: datetime
) -> list[str]:
    """Put the department's values in use and return the names of those that differ from before.

    A value of None goes back to what is shipped. Exams without a slot are looked at again.

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
    if not reason.strip():
        raise DomainError("A changed threshold needs a reason: say who decided it and why.")
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('threshold_changes'))"))
    own = queries.own_values(session)
    before = as_json(with_changes(own))
    after = as_json(with_changes(_merged(own, values)))
    changed = [name for name in values if before[name] != after[name]]
    session.add_all(
        ThresholdChange(
            name=name,
            before=before[name],
            after=None if values[name] is None else after[name],
            reason=reason.strip(),
            actor=actor,
            changed_at=now,
        )
        for name in changed
    )
    if changed:
        _look_again(session)
        session.flush()
        audit.record(
            session,
            "rules.changed",
            actor=actor,
            now=now,
            changes={name: {"before": before[name], "after": after[name]} for name in changed},
            reason=reason.strip(),
        )
    return changed


def _merged(own: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(values) - set(parameters()))
    if unknown:
        raise ThresholdError(
            f"There is no threshold {', '.join(unknown)}: `worklist rules list` names them all."
        )
    merged = {**own, **values}
    return {name: value for name, value in merged.items() if value is not None}


def _look_again(session: Session) -> None:
    """Make the sweep place every exam without a slot anew."""
    session.execute(
        update(ScheduledProcedureStep)
        .where(
            ScheduledProcedureStep.status.in_(UNPLACED),
            ScheduledProcedureStep.automatic_placement,
        )
        .values(placement_tried_at=None)
    )
