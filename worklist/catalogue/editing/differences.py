"""What a whole load of the catalogue changed, for the history."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.audit import changes
from worklist.catalogue.editing.kinds import KINDS
from worklist.catalogue.hours import hours_in_words
from worklist.catalogue.models import Resource

Snapshot = dict[tuple[str, str], dict[str, Any]]


def snapshot(session: Session) -> Snapshot:
    """Return the values of everything in the catalogue by kind and code."""
    taken: Snapshot = {}
    for name, kind in KINDS.items():
        for row in session.scalars(kind.select()):
            active = kind.is_active(row)
            use = {} if active is None else {"active": active}
            taken[name, kind.code(row)] = kind.values(row) | use
    codes = dict(session.execute(select(Resource.id, Resource.code)).all())
    hours = hours_in_words(session)
    taken |= {("hours", code): hours.get(number, {}) for number, code in codes.items()}
    return taken


def keep_differences(session: Session, before: Snapshot, *, actor: str, now: datetime) -> None:
    """Record what differs between then and now."""
    session.expire_all()
    after = snapshot(session)
    for kind, code in {**before, **after}:
        changes.record(
            session,
            kind,
            code,
            before.get((kind, code)),
            after.get((kind, code)),
            actor=actor,
            now=now,
        )
