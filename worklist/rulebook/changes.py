"""Changes of named numbers, kept with their history: the thresholds', and others like them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.rulebook.models import Change

_Row = TypeVar("_Row", bound=Change)


def newest(session: Session, table: type[_Row], *, until: int | None = None) -> dict[str, Any]:
    """Return the department's own values, by name; what is not among them is as shipped.

    ``until`` leaves out that change and those after it.
    """
    statement = (
        select(table.name, table.after)
        .ext(distinct_on(table.name))
        .order_by(table.name, table.id.desc())
    )
    if until is not None:
        statement = statement.where(table.id < until)
    return {name: after for name, after in session.execute(statement) if after is not None}


def history(
    session: Session, table: type[_Row], *, name: str | None = None, limit: int = 200
) -> Sequence[_Row]:
    """Return the changes of one name or of all, newest first."""
    statement = select(table).order_by(table.id.desc()).limit(limit)
    if name is not None:
        statement = statement.where(table.name == name)
    return session.scalars(statement).all()


def begin(session: Session, table: type[Change], reason: str) -> str:
    """Return the reason as it is kept; one transaction at a time changes a table.

    Raises:
        DomainError: no reason is given.
    """
    if not reason.strip():
        raise DomainError(_("A change needs a reason: say who decided it and why."))
    name = table.__tablename__
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
    return reason.strip()


def keep(
    session: Session,
    table: type[_Row],
    values: Mapping[str, Any],
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    action: str,
    reason: str,
    actor: str,
    now: datetime,
) -> list[_Row]:
    """Keep a row for each of the values that differs from before, and tell the trail.

    A value of None goes back to what is shipped.
    """
    rows = [
        table(
            name=name,
            before=before[name],
            after=None if values[name] is None else after[name],
            reason=reason,
            actor=actor,
            changed_at=now,
        )
        for name in values
        if before[name] != after[name]
    ]
    if rows:
        session.add_all(rows)
        session.flush()
        audit.record(
            session,
            action,
            actor=actor,
            now=now,
            changes={one.name: {"before": one.before, "after": after[one.name]} for one in rows},
            reason=reason,
        )
    return rows
