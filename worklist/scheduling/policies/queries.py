"""Reads of the policy in use and of its history."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from worklist.rulebook import changes
from worklist.scheduling import policy_file
from worklist.scheduling.policies.models import PolicyChange
from worklist.scheduling.policy import Policy


def own_values(session: Session) -> dict[str, Any]:
    """Return the department's values, by name; what is not among them is as the file has it.

    A value that this version no longer knows is left out.
    """
    found = changes.newest(session, PolicyChange)
    return {name: after for name, after in found.items() if name in policy_file.NAMES}


def in_use(session: Session) -> Policy:
    """Return the policy that exams are placed by."""
    return policy_file.with_values(own_values(session))


def history(session: Session, *, limit: int = 200) -> Sequence[PolicyChange]:
    """Return the changes, newest first."""
    return changes.history(session, PolicyChange, limit=limit)
