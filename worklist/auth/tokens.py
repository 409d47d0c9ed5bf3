"""API tokens: what a program shows instead of a name and a password.

A token may what its account may. Only its digest is kept: the text is shown once.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from worklist.audit import changes
from worklist.audit import service as audit
from worklist.auth.models import ApiToken, User
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _

PREFIX = "wl_"
LONGEST_DAYS = 366
_BYTES = 32
# A look-up each request must not be a write each request.
_NOTED_EVERY = timedelta(minutes=1)


def create(
    session: Session, user: User, *, name: str, days: int, now: datetime
) -> tuple[ApiToken, str]:
    """Make a token that ends after so many days; gives its row and the text to show once.

    Raises:
        DomainError: it has no name, or the days are not 1 to `LONGEST_DAYS`.
    """
    if not name.strip():
        raise DomainError(_("Name the program that will use the token."))
    if not 1 <= days <= LONGEST_DAYS:
        raise DomainError(_("A token lasts 1 to %(longest_days)s days.", longest_days=LONGEST_DAYS))
    text = PREFIX + secrets.token_urlsafe(_BYTES)
    token = ApiToken(
        user=user,
        name=name.strip()[:60],
        digest=digest(text),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    _record(session, "token.created", token, actor=f"user:{user.username}", now=now)
    return token, text


def revoke(session: Session, token: ApiToken, *, actor: str, now: datetime) -> None:
    """End a token: from now on it opens nothing."""
    _record(session, "token.revoked", token, actor=actor, now=now)
    session.delete(token)


def own(session: Session, user: User, token_id: int) -> ApiToken:
    """Return one of the person's own tokens.

    Raises:
        NotFoundError: the person has no such token.
    """
    token = session.get(ApiToken, token_id)
    if token is None or token.user_id != user.id:
        raise NotFoundError(_("You have no such token."))
    return token


def any_of(session: Session, token_id: int) -> ApiToken:
    """Return anybody's token.

    Raises:
        NotFoundError: there is no such token.
    """
    token = session.get(ApiToken, token_id)
    if token is None:
        raise NotFoundError(_("There is no such token."))
    return token


def owner(session: Session, text: str, *, now: datetime, address: str) -> User | None:
    """Return the account that a token speaks for, None where the token opens nothing.

    ``address`` is where it is used from, which is kept with the time.
    """
    token = session.scalar(
        select(ApiToken)
        .where(ApiToken.digest == digest(text), ApiToken.expires_at > now)
        .options(joinedload(ApiToken.user))
    )
    if token is None or not token.user.active:
        return None
    moved = token.last_used_address != address
    if moved or token.last_used_at is None or token.last_used_at < now - _NOTED_EVERY:
        token.last_used_at, token.last_used_address = now, address
    return token.user


def everyones(text: str, *, ended: bool, now: datetime) -> Select[ApiToken]:
    """Return the statement of the tokens whose program, account or person has ``text``."""
    statement = select(ApiToken).join(ApiToken.user).options(contains_eager(ApiToken.user))
    if not ended:
        statement = statement.where(ApiToken.expires_at > now)
    if text:
        named = (ApiToken.name, User.username, User.display_name)
        statement = statement.where(or_(*(one.icontains(text, autoescape=True) for one in named)))
    return statement


def of(session: Session, user: User) -> Sequence[ApiToken]:
    """Return the person's tokens, newest first."""
    return session.scalars(
        select(ApiToken).where(ApiToken.user_id == user.id).order_by(ApiToken.id.desc())
    ).all()


def digest(text: str) -> str:
    """Return what is kept of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def _record(session: Session, action: str, token: ApiToken, *, actor: str, now: datetime) -> None:
    """Note in the trail, and in the account's history, that it has a token or has it no more."""
    username = token.user.username
    audit.record(session, action, actor=actor, now=now, username=username, name=token.name)
    state = {"token": token.name}
    before, after = ({}, state) if action == "token.created" else (state, {})
    changes.record(session, "user", username, before, after, actor=actor, now=now)
