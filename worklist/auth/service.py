"""Every write to accounts: creating, changing, closing, signing in and out."""

import re
from collections.abc import Sequence
from datetime import datetime

import argon2
from sqlalchemy import select
from sqlalchemy.orm import Session
from zxcvbn import zxcvbn

from worklist.audit import changes
from worklist.audit import service as audit
from worklist.auth import failures
from worklist.auth.failures import SignInError
from worklist.auth.models import User
from worklist.auth.roles import UserRole
from worklist.errors import DomainError
from worklist.language.catalogues import locales
from worklist.language.text import _

SHORTEST_PASSWORD = 15  # of a password that opens an account alone (NIST SP 800-63B-4, 3.1.1.2)
LONGEST_PASSWORD = 256
_LEAST_SCORE = 2  # of zxcvbn: more than a million guesses

_NAME = re.compile(r"[\w.@-]{2,64}")
_hasher = argon2.PasswordHasher()
# Verified where there is no such account, so that the answer takes as long.
_NOBODY = _hasher.hash("nobody has this password")


class PasswordError(DomainError):
    """A new password does not meet the rules."""


class NameTakenError(DomainError):
    """There is an account of this name already."""


def create_user(
    session: Session,
    *,
    username: str,
    display_name: str,
    password: str | None,
    roles: Sequence[UserRole],
    actor: str,
    now: datetime,
    temporary: bool = False,
) -> User:
    """Create an account; its name is kept in lower case. No password: a provider opens it.

    ``temporary`` is as in `set_password`.

    Raises:
        PasswordError: the password does not meet the rules.
        NameTakenError: the name is taken.
        DomainError: it cannot be a name.
    """
    name = username.strip().lower()
    if not _NAME.fullmatch(name):
        raise DomainError(_("An account's name is 2 to 64 letters, digits, dots, dashes or @."))
    if session.scalar(select(User.id).where(User.username == name)) is not None:
        raise NameTakenError(
            _("There is an account %(name)s already: choose another name.", name=repr(name))
        )
    user = User(
        username=name,
        display_name=display_name,
        password_hash=None if password is None else _hash(password, name),
        password_is_temporary=temporary,
        roles=[str(role) for role in roles],
    )
    session.add(user)
    session.flush()
    audit.record(session, "user.created", actor=actor, now=now, username=name, roles=user.roles)
    made = {"display_name": display_name, "roles": user.roles}
    changes.record(session, "user", name, None, made, actor=actor, now=now)
    return user


def sign_in(
    session: Session, *, username: str, password: str, now: datetime, address: str = ""
) -> User | SignInError:
    """Return the account that the name and password open, or why they open none.

    The error is returned, not raised, so that the caller commits the failure that was counted
    (`failures`). ``address`` is where it was tried from, for the trail.
    """
    name = username.strip().lower()
    user = session.scalar(select(User).where(User.username == name).with_for_update())
    counted = user or failures.stranger(session, name, now=now)
    password_hash = (user.password_hash if user else None) or _NOBODY
    matches = _matches(password_hash, password)
    locked = failures.locked(counted, now=now)
    if locked is not None:
        return locked
    if not matches or user is None or user.password_hash is None or not user.active:
        return failures.count(session, counted, now=now, address=address)
    user.failed_sign_ins, user.locked_until, user.last_sign_in_at = 0, None, now
    if _hasher.check_needs_rehash(password_hash):
        user.password_hash = _hasher.hash(password)
    audit.record(session, "user.signed_in", actor=f"user:{name}", now=now, address=address)
    return user


def sign_out(
    session: Session, user: User, *, everywhere: bool, now: datetime, address: str = ""
) -> None:
    """Note that a person signed out; ``everywhere`` ends every session of the account."""
    action = "user.signed_out"
    if everywhere:
        user.session_epoch += 1
        action = "user.signed_out_everywhere"
    audit.record(session, action, actor=f"user:{user.username}", now=now, address=address)


def change_own_password(
    session: Session, user: User, *, present: str, password: str, now: datetime
) -> None:
    """Replace a person's own password; every session of the account ends.

    Raises:
        SignInError: the present password is wrong.
        PasswordError: the new one does not meet the rules.
    """
    if user.password_hash is None or not _matches(user.password_hash, present):
        raise SignInError(_("The present password is wrong: nothing was changed."))
    if password == present:
        raise PasswordError(_("That is the present password: choose another one."))
    set_password(session, user, password=password, actor=f"user:{user.username}", now=now)


def set_password(
    session: Session,
    user: User,
    *,
    password: str,
    actor: str,
    now: datetime,
    temporary: bool = False,
) -> None:
    """Give an account another password and open it again; every session of it ends.

    A ``temporary`` one opens only the page on which its owner chooses another.

    Raises:
        PasswordError: the password does not meet the rules.
    """
    user.password_hash = _hash(password, user.username)
    user.password_is_temporary = temporary
    user.failed_sign_ins, user.locked_until = 0, None
    user.session_epoch += 1
    audit.record(session, "user.password_changed", actor=actor, now=now, username=user.username)
    anew = {"password": f"set {now:%Y-%m-%d %H:%M} UTC"}
    changes.record(session, "user", user.username, {}, anew, actor=actor, now=now)


def set_roles(
    session: Session, user: User, *, roles: Sequence[UserRole], actor: str, now: datetime
) -> None:
    """Say what the person does in the department; it counts from the next page on.

    Raises:
        DomainError: nobody would be left who may administer.
    """
    if UserRole.ADMINISTRATOR not in roles:
        _require_another_administrator(session, user)
    before, user.roles = user.roles, [str(role) for role in roles]
    states = {"roles": before}, {"roles": user.roles}
    changes.record(session, "user", user.username, *states, actor=actor, now=now)
    audit.record(
        session,
        "user.roles_changed",
        actor=actor,
        now=now,
        username=user.username,
        before=before,
        after=user.roles,
    )


def set_active(session: Session, user: User, *, active: bool, actor: str, now: datetime) -> None:
    """Close an account, which ends its sessions, or open it again.

    Raises:
        DomainError: nobody would be left who may administer.
    """
    if not active:
        _require_another_administrator(session, user)
        user.session_epoch += 1
    before, after = _state(user), {"active": active, "locked": False}
    changes.record(session, "user", user.username, before, after, actor=actor, now=now)
    user.active = active
    user.failed_sign_ins, user.locked_until = 0, None
    action = "user.opened" if active else "user.closed"
    audit.record(session, action, actor=actor, now=now, username=user.username)


def _state(user: User) -> dict[str, bool]:
    return {"active": user.active, "locked": user.locked_until is not None}


def choose_locale(user: User, locale: str | None) -> None:
    """Choose the language of a person's pages; None leaves it to the browser and the site.

    Raises:
        DomainError: there is no translation to it.
    """
    if locale is not None and locale not in locales():
        raise DomainError(_("There are no pages in the language %(locale)s.", locale=locale))
    user.locale = locale


def _hash(password: str, username: str) -> str:
    """Check a new password and hash it.

    It has to be long and none of those that are commonly used: known ones, words, rows of keys,
    sequences and repeats, which zxcvbn looks for. No mix of character kinds is asked for, and none
    expires (NIST SP 800-63B-4, 2025, section 3.1.1.2).
    """
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordError(
            _("The password needs at least %(number)s characters.", number=SHORTEST_PASSWORD)
        )
    if len(password) > LONGEST_PASSWORD:
        raise PasswordError(
            _("The password may have at most %(number)s characters.", number=LONGEST_PASSWORD)
        )
    if zxcvbn(password, user_inputs=[username])["score"] < _LEAST_SCORE:
        raise PasswordError(
            _("The password is one of the first that a guesser tries: choose another one.")
        )
    if username in password.lower():
        raise PasswordError(_("The password holds the account's name: choose another one."))
    return _hasher.hash(password)


def printed(password: str) -> str:
    """Return what is kept of a demonstration's password, which is neither secret nor strong."""
    return _hasher.hash(password)


def is_only_administrator(session: Session, user: User) -> bool:
    """Return whether nobody else who may sign in may administer."""
    others = select(User.id).where(
        User.id != user.id, User.active, User.roles.contains([str(UserRole.ADMINISTRATOR)])
    )
    return UserRole.ADMINISTRATOR in user.roles and session.scalar(others.limit(1)) is None


def _require_another_administrator(session: Session, user: User) -> None:
    if is_only_administrator(session, user):
        raise DomainError(
            _(
                "%(name)s is the only administrator: make somebody else one first.",
                name=user.display_name,
            )
        )


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except argon2.exceptions.VerificationError:
        return False
