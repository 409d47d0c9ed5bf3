"""Wrong passwords, counted in a row; too many lock the name for a while.

A name that no account has is counted and locked as an account is, and a closed account as an open
one: what is answered does not tell which names there are.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.auth.models import StrangerSignIn, User
from worklist.errors import DomainError
from worklist.language.text import Text, _, ngettext

FAILURES_UNTIL_LOCKED = 5
LOCKED_FOR = timedelta(minutes=15)
_KEPT = timedelta(days=1)


class SignInError(DomainError):
    """The name and password do not open an account just now."""


def stranger(session: Session, name: str, *, now: datetime) -> StrangerSignIn:
    """Return the count of a name that no account has, locked for a change.

    Only the name's digest is kept: people type passwords into the wrong field.
    """
    digest = hashlib.sha256(name.encode()).hexdigest()
    session.execute(
        insert(StrangerSignIn)
        .values(digest=digest, failed_sign_ins=0, last_at=now)
        .on_conflict_do_update(index_elements=["digest"], set_={"last_at": now})
    )
    return session.scalars(
        select(StrangerSignIn)
        .where(StrangerSignIn.digest == digest)
        .execution_options(populate_existing=True)
    ).one()


def locked(counted: User | StrangerSignIn, *, now: datetime) -> SignInError | None:
    """Return what to tell while the name is locked."""
    if counted.locked_until is None or counted.locked_until <= now:
        return None
    return SignInError(_locked_text(counted.locked_until - now))


def count(
    session: Session, counted: User | StrangerSignIn, *, now: datetime, address: str
) -> SignInError:
    """Count a failure and return what to tell."""
    counted.failed_sign_ins += 1
    audit.record(
        session,
        "user.refused",
        actor=f"user:{counted.username}" if isinstance(counted, User) else "system:sign-in",
        now=now,
        failures=counted.failed_sign_ins,
        address=address,
    )
    if counted.failed_sign_ins < FAILURES_UNTIL_LOCKED:
        return SignInError(_("The name or the password is wrong."))
    counted.failed_sign_ins, counted.locked_until = 0, now + LOCKED_FOR
    return SignInError(_locked_text(LOCKED_FOR))


def forget_strangers(session: Session, *, now: datetime) -> int:
    """Delete the counts that nobody adds to any more and return how many those were."""
    gone = delete(StrangerSignIn).where(StrangerSignIn.last_at < now - _KEPT)
    return len(session.execute(gone.returning(StrangerSignIn.digest)).all())


def _locked_text(remaining: timedelta) -> Text:
    return ngettext(
        "Too many wrong passwords: this name is locked for one more minute. An administrator can "
        "unlock it sooner.",
        "Too many wrong passwords: this name is locked for %(num)s more minutes. An administrator "
        "can unlock it sooner.",
        max(1, round(remaining.total_seconds() / 60)),
    )
