"""Delete what a department need not keep for ever, where it has said for how many days it does.

Nothing of the medical record goes: patients, orders, exams, performed steps, doses, reports and
the audit trail stay. What goes is the wire's copy of what these rows say, and how it was arrived
at. What is open stays, however old.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from worklist import db
from worklist.audit import service as audit
from worklist.db import Base
from worklist.hl7.models import InboundMessage, OutboundMessage
from worklist.hl7.retention import old_received, old_sent
from worklist.mail.models import PatientMail
from worklist.mail.retention import old_mails
from worklist.scheduling.models import Placement
from worklist.scheduling.replanning.models import ReplanProposal
from worklist.scheduling.retention import old_freed_slots, old_placements, old_proposals
from worklist.scheduling.waiting.models import FreedSlot

_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of row: its table, since when a row is there, and which of its rows can go."""

    table: type[Base]
    since: InstrumentedAttribute[datetime]
    old: Callable[[datetime], Select[int]]

    @property
    def id(self) -> ColumnElement[int]:
        return self.table.__table__.c.id


# Sent ones first: a received message stays while an answer to it does.
_KINDS: Mapping[str, _Kind] = {
    "sent messages": _Kind(OutboundMessage, OutboundMessage.created_at, old_sent),
    "received messages": _Kind(InboundMessage, InboundMessage.received_at, old_received),
    "attempts to place": _Kind(Placement, Placement.made_at, old_placements),
    "re-plan proposals": _Kind(ReplanProposal, ReplanProposal.made_at, old_proposals),
    "freed slots": _Kind(FreedSlot, FreedSlot.freed_at, old_freed_slots),
    "mails": _Kind(PatientMail, PatientMail.requested_at, old_mails),
}


def count(session: Session, *, now: datetime, days: int) -> dict[str, int]:
    """Return how many rows of each kind would go."""
    before = now - timedelta(days=days)
    return {
        name: session.scalar(select(func.count()).select_from(kind.old(before).subquery())) or 0
        for name, kind in _KINDS.items()
    }


def prune(
    sessions: db.SessionFactory,
    *,
    actor: str,
    now: datetime,
    days: int,
    seconds: float,
    at_once: int = _AT_ONCE,
) -> dict[str, int]:
    """Delete what is older than some days, a few rows a transaction so that nobody waits for it.

    Each transaction looks at the next rows by number, so that what stays is looked at once; it
    also writes into the audit trail what it deleted, so that no end, however sudden, hides that.

    Args:
        sessions: Makes the transactions.
        actor: Who deletes.
        now: The time.
        days: For how long everything is kept.
        seconds: After so long it stops; the next time goes on.
        at_once: How many rows one transaction looks at.

    Returns:
        How many rows of each kind went.
    """
    before, ends = now - timedelta(days=days), time.monotonic() + seconds
    gone = dict.fromkeys(_KINDS, 0)
    for name, kind in _KINDS.items():
        looked_at = 0
        while time.monotonic() < ends:
            with db.transaction(sessions) as session:
                numbers = _next(session, kind, before, after=looked_at, at_once=at_once)
                if not numbers:
                    break
                looked_at = numbers[-1]
                rows = _delete(session, kind, before, numbers)
                if rows:
                    audit.record(
                        session, "retention.applied", actor=actor, now=now, days=days,
                        rows={name: rows},
                    )  # fmt: skip
            gone[name] += rows
    return gone


def _next(
    session: Session, kind: _Kind, before: datetime, *, after: int, at_once: int
) -> Sequence[int]:
    """Return the numbers of the next rows that are old, whether they can go or not."""
    return session.scalars(
        select(kind.id).where(kind.id > after, kind.since < before).order_by(kind.id).limit(at_once)
    ).all()


def _delete(session: Session, kind: _Kind, before: datetime, numbers: Sequence[int]) -> int:
    """Delete those of the rows that can go; one that somebody has in hand is left for next time."""
    ids = session.scalars(
        kind.old(before)
        .where(kind.id.in_(numbers))
        .with_for_update(of=kind.table, skip_locked=True)
    ).all()
    if ids:
        session.execute(
            delete(kind.table).where(kind.id.in_(ids)),
            execution_options={"synchronize_session": False},
        )
    return len(ids)
