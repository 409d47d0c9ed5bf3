"""Accounts of an identity provider (OpenID Connect Core 1.0): how they open accounts here.

A provider's person is known by issuer and subject, never by a name that may be given away again
(section 2, ``sub``). A name that is taken here by another account is refused, not joined: the
person connects the two under "Your account", signed in with the password.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from worklist.audit import service as audit
from worklist.auth import service as auth
from worklist.auth.failures import SignInError
from worklist.auth.models import User, UserIdentity
from worklist.auth.roles import UserRole
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.language.text import _


@dataclass(frozen=True, slots=True)
class Identity:
    """What a provider says of a person.

    ``roles`` are those that the provider's groups stand for; None where the provider does not
    decide about roles and administrators give them here.
    """

    issuer: str
    subject: str
    username: str
    display_name: str
    roles: Collection[UserRole] | None = None


def sign_in(session: Session, identity: Identity, *, now: datetime) -> User | SignInError:
    """Return the account of a provider's person, made at the first time, or why there is none."""
    found, named = _find(session, identity), {"person": identity.username}
    if identity.roles is not None and not identity.roles:
        return _refuse(
            session, identity, _("%(person)s has no role in this department.", **named), now=now
        )
    if found is None:
        made = _make(session, identity, now=now)
        if isinstance(made, SignInError):
            return made
        found = made
    user = found.user
    if not user.active:
        return _refuse(
            session, identity, _("The account of %(person)s is closed.", **named), now=now
        )
    _take_roles(session, user, identity, now=now)
    found.last_used_at = user.last_sign_in_at = now
    audit.record(
        session,
        "user.signed_in",
        actor=f"user:{user.username}",
        now=now,
        issuer=identity.issuer,
    )
    return user


def connect(session: Session, user: User, identity: Identity, *, now: datetime) -> None:
    """Let a provider's person open an account that exists; done by whoever is signed in to it.

    Raises:
        ConflictError: that person opens another account already.
    """
    found = _find(session, identity)
    if found is not None and found.user_id != user.id:
        raise ConflictError(
            _(
                "%(person)s opens the account %(account)s already: disconnect it there first.",
                person=identity.username,
                account=found.user.username,
            )
        )
    if found is None:
        session.add(_identity(user, identity, now=now))
        _record(session, "user.connected", user, identity.issuer, now=now)


def disconnect(session: Session, user: User, identity_id: int, *, now: datetime) -> None:
    """End what a provider's person opens.

    Raises:
        NotFoundError: the account has no such connection.
        DomainError: nothing else opens the account.
    """
    found = session.get(UserIdentity, identity_id)
    if found is None or found.user_id != user.id:
        raise NotFoundError(_("You have no such connection."))
    if user.password_hash is None:
        raise DomainError(
            _("Nothing else opens this account: ask an administrator for a password.")
        )
    session.delete(found)
    _record(session, "user.disconnected", user, found.issuer, now=now)


def of(session: Session, user: User) -> list[UserIdentity]:
    """Return what connects the account to providers, oldest first."""
    statement = select(UserIdentity).where(UserIdentity.user_id == user.id)
    return list(session.scalars(statement.order_by(UserIdentity.id)))


def _find(session: Session, identity: Identity) -> UserIdentity | None:
    return session.scalar(
        select(UserIdentity)
        .where(UserIdentity.issuer == identity.issuer, UserIdentity.subject == identity.subject)
        .options(joinedload(UserIdentity.user))
    )


def _make(session: Session, identity: Identity, *, now: datetime) -> UserIdentity | SignInError:
    """Make an account that has no password."""
    try:
        user = auth.create_user(
            session,
            username=identity.username,
            display_name=identity.display_name,
            password=None,
            roles=sorted(identity.roles or ()),
            actor="system:sign-in",
            now=now,
        )
    except auth.NameTakenError:
        text = _(
            "Another account here has the name %(person)s: sign in with its password and connect "
            "it under “Your account”, or ask an administrator.",
            person=identity.username,
        )
        return _refuse(session, identity, text, now=now)
    except DomainError as error:
        return SignInError(*error.args)
    made = _identity(user, identity, now=now)
    session.add(made)
    return made


def _identity(user: User, identity: Identity, *, now: datetime) -> UserIdentity:
    return UserIdentity(
        user=user, issuer=identity.issuer, subject=identity.subject, connected_at=now
    )


def _take_roles(session: Session, user: User, identity: Identity, *, now: datetime) -> None:
    """Follow the provider's groups, but never lose the last administrator to them."""
    if identity.roles is None or set(identity.roles) == set(user.roles):
        return
    roles = set(identity.roles)
    if UserRole.ADMINISTRATOR in user.roles and auth.is_only_administrator(session, user):
        roles.add(UserRole.ADMINISTRATOR)
    auth.set_roles(session, user, roles=sorted(roles), actor="system:sign-in", now=now)


def _refuse(session: Session, identity: Identity, text: str, *, now: datetime) -> SignInError:
    audit.record(
        session,
        "user.refused",
        actor=f"user:{identity.username}",
        now=now,
        issuer=identity.issuer,
        reason=text,
    )
    return SignInError(text)


def _record(session: Session, action: str, user: User, issuer: str, *, now: datetime) -> None:
    audit.record(session, action, actor=f"user:{user.username}", now=now, issuer=issuer)
