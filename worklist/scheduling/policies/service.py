"""Every write to the department's policy."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from worklist.language.text import _
from worklist.orders import service as orders
from worklist.rulebook import changes
from worklist.scheduling import policy_file
from worklist.scheduling.policies import queries
from worklist.scheduling.policies.models import PolicyChange
from worklist.scheduling.policy_file import PolicyError


def change(
    session: Session, values: Mapping[str, Any], *, reason: str, actor: str, now: datetime
) -> list[str]:
    """Put the department's values in use and return the names of those that differ from before.

    A value of None goes back to what the file says. Exams without a slot are looked at again;
    what is booked stays: a policy forbids nothing.

    Args:
        session: One transaction at a time changes the policy.
        values: By name, as JSON or TOML holds them; what is left out stays as it is.
        reason: Kept with each change.
        actor: Who changes it.
        now: When.

    Raises:
        PolicyError: a name is unknown or a value is not what is expected; nothing is changed.
        DomainError: no reason is given.
    """
    unknown = sorted(set(values) - set(policy_file.NAMES))
    if unknown:
        raise PolicyError(
            _(
                "The policy has no number %(unknown)s: `worklist policy list` lists them all.",
                unknown=", ".join(unknown),
            )
        )
    reason = changes.begin(session, PolicyChange, reason)
    own = queries.own_values(session)
    merged = {name: value for name, value in {**own, **values}.items() if value is not None}
    rows = changes.keep(
        session,
        PolicyChange,
        values,
        before=policy_file.written(policy_file.with_values(own)),
        after=policy_file.written(policy_file.with_values(merged)),
        action="policy.changed",
        reason=reason,
        actor=actor,
        now=now,
    )
    if rows:
        orders.look_again(session)
    return [row.name for row in rows]
