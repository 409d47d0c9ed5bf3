"""Accounts that an identity provider opens."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import ACTOR, NOW
from worklist.audit.models import AuditEvent
from worklist.auth import identities, service
from worklist.auth.failures import SignInError
from worklist.auth.identities import Identity
from worklist.auth.models import User
from worklist.auth.roles import UserRole
from worklist.errors import ConflictError, DomainError, NotFoundError

DANA = Identity("https://sso.example", "4711", "dana", "Dana Desk")


def _user(session: Session, name: str, *roles: UserRole, password: str | None = None) -> User:
    return service.create_user(
        session,
        username=name,
        display_name=name.title(),
        password=password,
        roles=roles,
        actor=ACTOR,
        now=NOW,
    )


def _opened(session: Session, identity: Identity) -> User:
    found = identities.sign_in(session, identity, now=NOW)
    assert isinstance(found, User)
    return found


def test_the_same_person_comes_back_to_the_same_account_under_any_name(session: Session) -> None:
    first = _opened(session, DANA)
    renamed = _opened(session, replace(DANA, username="dana.married"))
    assert renamed is first
    assert first.username == "dana"
    assert first.last_sign_in_at == NOW


def test_another_person_of_that_name_does_not_get_the_account(session: Session) -> None:
    _opened(session, DANA)
    refused = identities.sign_in(session, replace(DANA, subject="4712"), now=NOW)
    assert isinstance(refused, SignInError)
    assert "Another account here has the name" in str(refused)


def test_no_password_opens_an_account_that_has_none(session: Session) -> None:
    _opened(session, DANA)
    for password in ("", "nobody has this password"):
        found = service.sign_in(session, username="dana", password=password, now=NOW)
        assert isinstance(found, SignInError)


def test_without_a_table_of_roles_administrators_give_them(session: Session) -> None:
    user = _opened(session, DANA)
    assert user.roles == []
    service.set_roles(session, user, roles=[UserRole.MANAGER], actor=ACTOR, now=NOW)
    assert _opened(session, DANA).roles == [UserRole.MANAGER]


def test_roles_follow_the_groups_and_losing_all_ends_it(session: Session) -> None:
    desk = replace(DANA, roles={UserRole.FRONT_DESK})
    user = _opened(session, desk)
    _opened(session, replace(DANA, roles={UserRole.TECHNOLOGIST}))
    assert user.roles == [UserRole.TECHNOLOGIST]
    refused = identities.sign_in(session, replace(DANA, roles=set()), now=NOW)
    assert str(refused).startswith("dana has no role in this department: ask")


def test_the_last_administrator_stays_one(session: Session) -> None:
    boss = replace(DANA, roles={UserRole.ADMINISTRATOR})
    user = _opened(session, boss)
    _opened(session, replace(DANA, roles={UserRole.MANAGER}))
    assert set(user.roles) == {UserRole.ADMINISTRATOR, UserRole.MANAGER}
    _user(session, "other", UserRole.ADMINISTRATOR)
    _opened(session, replace(DANA, roles={UserRole.MANAGER}))
    assert user.roles == [UserRole.MANAGER]


def test_a_closed_account_stays_closed_and_the_try_is_in_the_trail(session: Session) -> None:
    _user(session, "boss", UserRole.ADMINISTRATOR)
    user = _opened(session, DANA)
    service.set_active(session, user, active=False, actor=ACTOR, now=NOW)
    later = NOW + timedelta(hours=1)
    refused = identities.sign_in(session, DANA, now=later, address="10.1.2.3")
    assert isinstance(refused, SignInError)
    last = _last(session)
    assert (last.action, last.actor) == ("user.refused", "user:dana")
    assert last.detail["reason"].startswith("The account of dana is closed")
    assert last.detail["address"] == "10.1.2.3"


def test_who_is_nobody_here_is_refused_in_nobodys_name(session: Session) -> None:
    """A provider's person may have the name of somebody else here."""
    _user(session, "dana", password="correct horse battery")
    for stranger in (DANA, replace(DANA, roles=set()), replace(DANA, username="d a n a")):
        assert isinstance(identities.sign_in(session, stranger, now=NOW), SignInError)
        last = _last(session)
        assert (last.action, last.actor) == ("user.refused", "system:sign-in")
        assert last.detail["person"] == stranger.username


def test_a_sign_in_has_its_address_in_the_trail(session: Session) -> None:
    identities.sign_in(session, DANA, now=NOW, address="10.1.2.3")
    last = _last(session)
    assert (last.action, last.detail["address"]) == ("user.signed_in", "10.1.2.3")


def _last(session: Session) -> AuditEvent:
    return session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()


def test_a_person_opens_one_account_only(session: Session) -> None:
    _opened(session, DANA)
    other = _user(session, "other", password="correct horse battery")
    with pytest.raises(ConflictError, match="opens the account dana already"):
        identities.connect(session, other, DANA, now=NOW)


def test_what_alone_opens_an_account_cannot_be_disconnected(session: Session) -> None:
    user = _opened(session, DANA)
    [identity] = identities.of(session, user)
    with pytest.raises(DomainError, match="Nothing else opens this account"):
        identities.disconnect(session, user, identity.id, now=NOW)
    service.set_password(session, user, password="correct horse battery", actor=ACTOR, now=NOW)
    other = _user(session, "other")
    with pytest.raises(NotFoundError):
        identities.disconnect(session, other, identity.id, now=NOW)
    identities.disconnect(session, user, identity.id, now=NOW)
    session.flush()
    assert identities.of(session, user) == []
