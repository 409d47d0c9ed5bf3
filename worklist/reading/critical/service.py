"""Every write of critical findings: raised, acknowledged by name, taken back."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.auth.models import User
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.language.text import _
from worklist.orders import trail
from worklist.orders.models import RequestedProcedure
from worklist.reading.critical.models import CriticalFinding, Means
from worklist.scheduling.policies import queries as policies
from worklist.vocabulary import Category

_LONGEST_NAME = 120
_LONGEST_REASON = 200


class Level(StrEnum):
    """How pressing an open finding is."""

    IN_TIME = "in_time"
    SOON = "soon"
    LATE = "late"
    ESCALATED = "escalated"


def level(finding: CriticalFinding, now: datetime) -> Level:
    """Return how pressing it is: soon in the last third of its time, escalated at twice that."""
    allowed = finding.due_at - finding.raised_at
    if now >= finding.due_at + allowed:
        return Level.ESCALATED
    if now >= finding.due_at:
        return Level.LATE
    return Level.SOON if now >= finding.due_at - allowed / 3 else Level.IN_TIME


def raise_finding(
    session: Session,
    requested_procedure_id: int,
    user: User,
    *,
    category: Category,
    content: str,
    recipient: str,
    now: datetime,
) -> CriticalFinding:
    """Say that somebody has to be told of a finding within its category's time.

    Raises:
        DomainError: the finding or whom to tell is left out, or the name is too long.
        NotFoundError: there is no such procedure.
    """
    requested = session.get(RequestedProcedure, requested_procedure_id)
    if requested is None:
        raise NotFoundError(_("There is no such requested procedure."))
    finding = CriticalFinding(
        requested_procedure=requested,
        category=category,
        content=_given(content, _("Say what was found.")),
        recipient=_name(recipient, _("Say who must be told: a name, or a ward and its phone.")),
        raised_at=now,
        raised_by_id=user.id,
        due_at=now + policies.in_use(session).told_within[category],
    )
    session.add(finding)
    _record(session, finding, "raised", user, now=now, category=category)
    return finding


def acknowledge(
    session: Session,
    finding_id: int,
    user: User,
    *,
    name: str,
    means: Means,
    told_at: datetime | None = None,
    now: datetime,
) -> CriticalFinding:
    """Note who took the finding in, how and when; ``told_at`` is now where it is left out.

    Raises:
        ConflictError: it was acknowledged or withdrawn already.
        DomainError: no name is given, or the time is before the finding or in the future.
        NotFoundError: there is no such finding.
    """
    finding = _open(session, finding_id)
    at = told_at or now
    if not finding.raised_at <= at <= now:
        raise DomainError(
            _("The time must lie between when the finding was raised and now: correct it.")
        )
    finding.acknowledged_by = _name(name, _("Say who was told, by name."))
    finding.means, finding.acknowledged_at, finding.closed_by_id = means, at, user.id
    _record(session, finding, "acknowledged", user, now=now, means=means)
    return finding


def withdraw(
    session: Session, finding_id: int, user: User, *, reason: str, now: datetime
) -> CriticalFinding:
    """Take a finding back that was raised by mistake; it stays in the trail.

    Raises:
        ConflictError: it was acknowledged or withdrawn already.
        DomainError: no reason is given.
        NotFoundError: there is no such finding.
    """
    finding = _open(session, finding_id)
    finding.withdrawal_reason = _given(reason, _("Say why it is taken back."))[:_LONGEST_REASON]
    finding.withdrawn_at, finding.closed_by_id = now, user.id
    _record(session, finding, "withdrawn", user, now=now, reason=finding.withdrawal_reason)
    return finding


def _open(session: Session, finding_id: int) -> CriticalFinding:
    finding = session.scalar(
        select(CriticalFinding)
        .where(CriticalFinding.id == finding_id)
        .with_for_update(of=CriticalFinding)
        .execution_options(populate_existing=True)
    )
    if finding is None:
        raise NotFoundError(_("There is no such critical finding."))
    if finding.acknowledged_at is not None:
        raise ConflictError(
            _("%(name)s was told of this finding already.", name=finding.acknowledged_by)
        )
    if finding.withdrawn_at is not None:
        raise ConflictError(_("This finding was taken back meanwhile."))
    return finding


def _given(text: str, otherwise: str) -> str:
    stripped = text.replace("\r\n", "\n").strip()
    if not stripped:
        raise DomainError(otherwise)
    return stripped


def _name(text: str, otherwise: str) -> str:
    name = " ".join(_given(text, otherwise).split())
    if len(name) > _LONGEST_NAME:
        raise DomainError(
            _("The name is too long: %(most)s characters at most.", most=_LONGEST_NAME)
        )
    return name


def _record(
    session: Session,
    finding: CriticalFinding,
    what: str,
    user: User,
    *,
    now: datetime,
    **detail: str,
) -> None:
    session.flush()
    requested = finding.requested_procedure
    step = requested.steps[0]
    trail.record(
        session,
        step,
        f"critical.{what}",
        actor=f"user:{user.username}",
        now=now,
        finding_id=finding.id,
        **detail,
    )
    session.flush()
