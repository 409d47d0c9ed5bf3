"""Delete what a department need not keep for ever, where it has said for how many days it does.

Nothing of the medical record goes: patients, orders, exams, performed steps, doses, reports and
the audit trail stay. What goes is the wire's copy of what these rows say, and how it was arrived
at. What is open stays, however old.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from worklist import db
from worklist.audit import service as audit
from worklist.db import Base
from worklist.hl7.models import InboundMessage, OutboundMessage
from worklist.hl7.retention import old_received, old_sent
from worklist.mail.models import SlipMail
from worklist.mail.retention import old_mails
from worklist.scheduling.models import Placement
from worklist.scheduling.replanning.models import ReplanProposal
from worklist.scheduling.retention import old_freed_slots, old_placements, old_proposals
from worklist.scheduling.waiting.models import FreedSlot

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of row: its table, and which of its rows can go."""

    table: type[Base]
    old: Callable[[datetime], Select[int]]


# Sent ones first: a received message stays while an answer to it does.
_KINDS: Mapping[str, _Kind] = {
    "sent messages": _Kind(OutboundMessage, old_sent),
    "received messages": _Kind(InboundMessage, old_received),
    "attempts to place": _Kind(Placement, old_placements),
    "re-plan proposals": _Kind(ReplanProposal, old_proposals),
    "freed slots": _Kind(FreedSlot, old_freed_slots),
    "mails": _Kind(SlipMail, old_mails),
}


def count(session: Session, *, now: datetime, days: int) -> dict[str, int]:
    """Return how many rows of each kind would go."""
    before = now - timedelta(days=days)
    return {
        name: session.scalar(
            select(func.count()).select_from(kind.old(before).order_by(None).subquery())
        )
        or 0
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

    Args:
        sessions: Makes the transactions.
        actor: Who deletes; the audit trail keeps what and how much.
        now: The time.
        days: For how long everything is kept.
        seconds: After so long it stops; the next time goes on.
        at_once: How many rows go in one transaction.

    Returns:
        How many rows of each kind went.
    """
    before, ends = now - timedelta(days=days), time.monotonic() + seconds
    gone = dict.fromkeys(_KINDS, 0)
    for name, kind in _KINDS.items():
        deleted = at_once
        while deleted == at_once and time.monotonic() < ends:
            with db.transaction(sessions) as session:
                deleted = _delete(session, kind, before, at_once)
            gone[name] += deleted
    if any(gone.values()):
        with db.transaction(sessions) as session:
            audit.record(session, "retention.applied", actor=actor, now=now, days=days, rows=gone)
    return gone


def _delete(session: Session, kind: _Kind, before: datetime, at_once: int) -> int:
    """Delete some rows of a kind; one that somebody has in hand is left for the next time."""
    ids = session.scalars(
        kind.old(before).limit(at_once).with_for_update(of=kind.table, skip_locked=True)
    ).all()
    if ids:
        session.execute(
            delete(kind.table).where(kind.table.__table__.c.id.in_(ids)),
            execution_options={"synchronize_session": False},
        )
    return len(ids)
