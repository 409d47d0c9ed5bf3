"""API tokens: what a program shows instead of a name and a password.

A token may what its account may. Only its digest is kept: the text is shown once.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

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
        user_id=user.id,
        name=name.strip()[:60],
        digest=digest(text),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    audit.record(session, "token.created", actor=f"user:{user.username}", now=now, name=token.name)
    return token, text


def revoke(session: Session, user: User, token_id: int, *, now: datetime) -> None:
    """End one of the person's own tokens.

    Raises:
        NotFoundError: the person has no such token.
    """
    token = session.get(ApiToken, token_id)
    if token is None or token.user_id != user.id:
        raise NotFoundError(_("You have no such token."))
    audit.record(session, "token.revoked", actor=f"user:{user.username}", now=now, name=token.name)
    session.delete(token)


def owner(session: Session, text: str, *, now: datetime) -> User | None:
    """Return the account that a token speaks for, None where the token opens nothing."""
    token = session.scalar(
        select(ApiToken)
        .where(ApiToken.digest == digest(text), ApiToken.expires_at > now)
        .options(joinedload(ApiToken.user))
    )
    if token is None or not token.user.active:
        return None
    if token.last_used_at is None or token.last_used_at < now - _NOTED_EVERY:
        token.last_used_at = now
    return token.user


def of(session: Session, user: User) -> Sequence[ApiToken]:
    """Return the person's tokens, newest first."""
    return session.scalars(
        select(ApiToken).where(ApiToken.user_id == user.id).order_by(ApiToken.id.desc())
    ).all()


def digest(text: str) -> str:
    """Return what is kept of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()
