"""Filters of the reading queue that a person keeps under a name."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, String, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from worklist.auth.models import User
from worklist.db import Base
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _

_LONGEST_NAME = 40
_MOST = 20


class SavedFilter(Base):
    """One person's filter: ``query`` has the words of the page's address with their values."""

    __tablename__ = "saved_filters"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(_LONGEST_NAME))
    query: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]


def of_user(session: Session, user: User) -> Sequence[SavedFilter]:
    """Return a person's filters by name."""
    return session.scalars(
        select(SavedFilter).where(SavedFilter.user_id == user.id).order_by(SavedFilter.name)
    ).all()


def save(
    session: Session, user: User, name: str, query: Mapping[str, list[str]], *, now: datetime
) -> None:
    """Keep a filter; one of the same name is replaced.

    Raises:
        DomainError: it has no name, one that is too long, or there are too many.
    """
    given = " ".join(name.split())
    if not 0 < len(given) <= _LONGEST_NAME:
        raise DomainError(
            _("Give the filter a name of up to %(most)s characters.", most=_LONGEST_NAME)
        )
    known = [one.name for one in of_user(session, user)]
    if given not in known and len(known) >= _MOST:
        raise DomainError(_("You have %(most)s filters: forget one first.", most=_MOST))
    values = {"query": dict(query), "saved_at": now}
    session.execute(
        insert(SavedFilter)
        .values(user_id=user.id, name=given, **values)
        .on_conflict_do_update(index_elements=["user_id", "name"], set_=values)
    )


def forget(session: Session, user: User, filter_id: int) -> None:
    """Delete a person's own filter.

    Raises:
        NotFoundError: the person has no such filter.
    """
    found = session.get(SavedFilter, filter_id)
    if found is None or found.user_id != user.id:
        raise NotFoundError(_("You have no such filter."))
    session.delete(found)
    session.flush()
