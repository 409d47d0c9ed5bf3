"""The end of a hold: a rule's question that kept an exam from its slot."""

from datetime import datetime

from sqlalchemy.orm import Session

from worklist.errors import ConflictError, DomainError
from worklist.language.text import _
from worklist.orders import trail
from worklist.orders.models import (
    ExamHold,
)


def resolve(
    session: Session,
    hold: ExamHold,
    resolution: str,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
    role: str = "",
) -> None:
    """Close a hold as ``answered``, ``overridden`` (needs a reason) or ``withdrawn``.

    ``role`` is as what the person decided, where one did; the trail keeps it.

    Raises:
        ConflictError: the hold is closed already.
        DomainError: an override without a reason.
    """
    if hold.resolved_at is not None:
        raise ConflictError(
            _(
                "Question %(rule)s was answered meanwhile by %(resolved_by)s.",
                rule=hold.rule,
                resolved_by=hold.resolved_by,
            )
        )
    if resolution == "overridden" and not reason.strip():
        raise DomainError(_("An override needs a reason: say why the exam goes on."))
    hold.resolved_at, hold.resolved_by = now, actor
    hold.resolution, hold.reason = resolution, reason
    session.flush()
    trail.record(
        session,
        hold.exam,
        f"hold.{resolution}",
        actor=actor,
        now=now,
        rule=hold.rule,
        reason=reason,
        role=role,
    )
