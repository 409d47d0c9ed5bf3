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

_NOBODY = "system:sign-in"  # a provider's person who is nobody here
_LONGEST_NAME = 200


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


def sign_in(
    session: Session, identity: Identity, *, now: datetime, address: str = ""
) -> User | SignInError:
    """Return the account of a provider's person, made at the first time, or why there is none.

    ``address`` is where it was tried from, for the trail, which has the refusals too.
    """
    found = _find(session, identity)
    opened = _open(session, identity, found, now=now)
    if isinstance(opened, SignInError):
        actor = f"user:{found.user.username}" if found else _NOBODY
        refuse(
            session,
            actor=actor,
            issuer=identity.issuer,
            reason=opened.text,
            now=now,
            address=address,
            person=identity.username[:_LONGEST_NAME],
        )
        return opened
    user = opened.user
    _take_roles(session, user, identity, now=now)
    opened.last_used_at = user.last_sign_in_at = now
    audit.record(
        session,
        "user.signed_in",
        actor=f"user:{user.username}",
        now=now,
        issuer=identity.issuer,
        address=address,
    )
    return user


def refuse(
    session: Session,
    *,
    issuer: str,
    reason: str,
    now: datetime,
    address: str,
    actor: str = _NOBODY,
    person: str = "",
) -> None:
    """Note in the trail that a sign-in through a provider opened nothing."""
    audit.record(
        session,
        "user.refused",
        actor=actor,
        now=now,
        issuer=issuer,
        address=address,
        reason=reason,
        person=person,
    )


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


def _open(
    session: Session, identity: Identity, found: UserIdentity | None, *, now: datetime
) -> UserIdentity | SignInError:
    """Return what opens the account of this person, or why nothing does."""
    named = {"person": identity.username}
    if identity.roles is not None and not identity.roles:
        return SignInError(
            _(
                "%(person)s has no role in this department: ask whoever looks after the groups "
                "of your organisation to add you to one that works here.",
                **named,
            )
        )
    if found is None:
        return _make(session, identity, now=now)
    if not found.user.active:
        return SignInError(
            _("The account of %(person)s is closed: an administrator can open it.", **named)
        )
    return found


def _make(session: Session, identity: Identity, *, now: datetime) -> UserIdentity | SignInError:
    """Make an account that has no password."""
    try:
        user = auth.create_user(
            session,
            username=identity.username,
            display_name=identity.display_name,
            password=None,
            roles=sorted(identity.roles or ()),
            actor=_NOBODY,
            now=now,
        )
    except auth.NameTakenError:
        return SignInError(
            _(
                "Another account here has the name %(person)s: sign in with its password and "
                "connect it under “Your account”, or ask an administrator.",
                person=identity.username,
            )
        )
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
    auth.set_roles(session, user, roles=sorted(roles), actor=_NOBODY, now=now)


def _record(session: Session, action: str, user: User, issuer: str, *, now: datetime) -> None:
    audit.record(session, action, actor=f"user:{user.username}", now=now, issuer=issuer)
