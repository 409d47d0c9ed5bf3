"""What administrators change, with what it was before: one row for each change, only ever added."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Identity, Index, Select, String, func, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.orm import Mapped, Session, mapped_column

from worklist.db import Base

_PERSON = "user:"


class AdministrativeChange(Base):
    """One change of one thing that is administered.

    ``kind`` is what it is (``room``, ``procedure``, ``user`` ...), ``code`` which one; ``before``
    and ``after`` hold what differs, as JSON, and are empty where it was not there before or is gone
    now.
    """

    __tablename__ = "administrative_changes"
    __table_args__ = (
        Index("ix_administrative_changes_thing", "kind", "code", "id"),
        Index("ix_administrative_changes_actor", "actor", "id"),
        Index("ix_administrative_changes_code", "code", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    changed_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(64))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    @property
    def names(self) -> list[str]:
        """What differs."""
        return sorted({**(self.before or {}), **(self.after or {})})


def record(
    session: Session,
    kind: str,
    code: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    actor: str,
    now: datetime,
) -> AdministrativeChange | None:
    """Keep what differs between two states of a thing; nothing where they are the same."""
    if before is not None and after is not None:
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        before = {name: before[name] for name in names if name in before}
        after = {name: after[name] for name in names if name in after}
    if before == after:
        return None
    change = AdministrativeChange(
        changed_at=now,
        actor=actor,
        kind=kind,
        code=code,
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
    )
    session.add(change)
    return change


def of_thing(kind: str, code: str) -> Select[AdministrativeChange]:
    """Select the changes of one thing."""
    change = AdministrativeChange
    return select(change).where(change.kind == kind, change.code == code)


def history(
    session: Session, kind: str, code: str, *, limit: int = 50
) -> Sequence[AdministrativeChange]:
    """Return the changes of one thing, newest first."""
    newest = of_thing(kind, code).order_by(AdministrativeChange.id.desc())
    return session.scalars(newest.limit(limit)).all()


def changed_by_people(session: Session) -> dict[tuple[str, str], str]:
    """Return who changed a thing last, by kind and code, where that was a person on a page."""
    change = AdministrativeChange
    newest = (
        select(change.kind, change.code, change.actor)
        .ext(distinct_on(change.kind, change.code))
        .order_by(change.kind, change.code, change.id.desc())
        .subquery()
    )
    rows = session.execute(select(newest).where(func.starts_with(newest.c.actor, _PERSON)))
    return {(kind, code): actor.removeprefix(_PERSON) for kind, code, actor in rows}
