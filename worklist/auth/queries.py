"""Reads of accounts."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.auth.models import User
from worklist.errors import NotFoundError
from worklist.language.text import _


def by_name(session: Session, username: str) -> User:
    """Return the account with this name, locked for a change.

    Raises:
        NotFoundError: there is none.
    """
    name = username.strip().lower()
    user = session.scalar(select(User).where(User.username == name).with_for_update())
    if user is None:
        raise NotFoundError(_("There is no account %(name)s.", name=repr(name)))
    return user


def accounts(session: Session) -> Sequence[User]:
    """Return every account: open ones first, by name."""
    return session.scalars(select(User).order_by(User.active.desc(), User.username)).all()
