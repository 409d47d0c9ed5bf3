"""Reads of accounts."""

from sqlalchemy import Select, or_, select
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


def accounts(text: str, *, closed: bool) -> Select[User]:
    """Return the statement of the accounts whose name or person has ``text``."""
    statement = select(User)
    if not closed:
        statement = statement.where(User.active)
    if text:
        named = (User.username, User.display_name)
        statement = statement.where(or_(*(one.icontains(text, autoescape=True) for one in named)))
    return statement
