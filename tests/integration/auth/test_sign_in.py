"""Accounts: what opens them, what locks them, what ends their sessions."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import ACTOR, NOW
from worklist.audit.models import AuditEvent
from worklist.auth import failures, service
from worklist.auth.failures import FAILURES_UNTIL_LOCKED, LOCKED_FOR, SignInError
from worklist.auth.models import StrangerSignIn, User
from worklist.auth.roles import UserRole
from worklist.auth.service import PasswordError
from worklist.errors import DomainError

PASSWORD = "correct horse battery"


@pytest.fixture
def user(session: Session) -> User:
    return service.create_user(
        session,
        username="Dana",
        display_name="Dana Desk",
        password=PASSWORD,
        roles=[UserRole.FRONT_DESK],
        actor=ACTOR,
        now=NOW,
    )


def _try(session: Session, password: str, after: timedelta = timedelta()) -> User | SignInError:
    return service.sign_in(session, username="dana", password=password, now=NOW + after)


def _fail(session: Session, times: int, after: timedelta = timedelta()) -> str:
    for _ in range(times):
        refused = _try(session, "wrong password", after)
        assert isinstance(refused, SignInError)
    return str(refused)


def test_the_right_password_opens_whatever_the_case_of_the_name(
    session: Session, user: User
) -> None:
    assert user.username == "dana"
    opened = service.sign_in(session, username=" DANA ", password=PASSWORD, now=NOW)
    assert opened is user
    assert user.last_sign_in_at == NOW


def test_the_password_is_kept_as_argon2id_only(user: User) -> None:
    assert user.password_hash is not None
    assert user.password_hash.startswith("$argon2id$")
    assert PASSWORD not in user.password_hash


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize("name", ["dana", "nobody"])
def test_a_refusal_does_not_say_which_was_wrong(session: Session, name: str) -> None:
    refused = service.sign_in(session, username=name, password="wrong password", now=NOW)
    assert isinstance(refused, SignInError)
    assert str(refused) == "The name or the password is wrong."


def test_failures_in_a_row_lock_the_account_even_for_the_right_password(
    session: Session, user: User
) -> None:
    assert "wrong" in _fail(session, FAILURES_UNTIL_LOCKED - 1)
    assert "locked for 15 more minutes" in _fail(session, 1)
    locked = _try(session, PASSWORD, LOCKED_FOR - timedelta(seconds=1))
    assert isinstance(locked, SignInError)
    assert "locked for one more minute" in str(locked)
    assert _try(session, PASSWORD, LOCKED_FOR) is user


def test_a_success_begins_the_count_anew(session: Session, user: User) -> None:
    _fail(session, FAILURES_UNTIL_LOCKED - 1)
    assert _try(session, PASSWORD) is user
    assert "wrong" in _fail(session, FAILURES_UNTIL_LOCKED - 1)
    assert _try(session, PASSWORD) is user


def test_after_a_lock_it_takes_all_failures_again(session: Session, user: User) -> None:
    _fail(session, FAILURES_UNTIL_LOCKED)
    assert "wrong" in _fail(session, FAILURES_UNTIL_LOCKED - 1, LOCKED_FOR)
    assert _try(session, PASSWORD, LOCKED_FOR) is user


@pytest.mark.usefixtures("user")
def test_failures_are_in_the_trail(session: Session) -> None:
    _fail(session, 2)
    refused = select(AuditEvent.detail).where(AuditEvent.action == "user.refused")
    assert [one["failures"] for one in session.scalars(refused.order_by(AuditEvent.id))] == [1, 2]


def test_a_closed_account_does_not_open(session: Session, user: User) -> None:
    before = user.session_epoch
    service.set_active(session, user, active=False, actor=ACTOR, now=NOW)
    assert isinstance(_try(session, PASSWORD), SignInError)
    assert user.session_epoch == before + 1
    service.set_active(session, user, active=True, actor=ACTOR, now=NOW)
    assert _try(session, PASSWORD) is user


def test_a_new_password_ends_sessions_and_opens_a_locked_account(
    session: Session, user: User
) -> None:
    _fail(session, FAILURES_UNTIL_LOCKED)
    before = user.session_epoch
    service.set_password(session, user, password="another good one", actor=ACTOR, now=NOW)
    assert user.session_epoch == before + 1
    assert isinstance(_try(session, PASSWORD), SignInError)
    assert _try(session, "another good one") is user


@pytest.mark.parametrize(
    "bad",
    [
        "short",
        "aaaaaaaaaaaaaaaa",
        "password12345678",
        "qwertyuiop123456",
        "iloveyou12345678",
        "dana and more",
        "correct horse battery" + "x" * 240,
    ],
)
def test_bad_passwords_are_refused(session: Session, user: User, bad: str) -> None:
    with pytest.raises(PasswordError):
        service.set_password(session, user, password=bad, actor=ACTOR, now=NOW)
    assert _try(session, PASSWORD) is user


@pytest.mark.usefixtures("user")
def test_a_name_is_given_once(session: Session) -> None:
    with pytest.raises(DomainError, match="already"):
        service.create_user(
            session,
            username="DANA",
            display_name="Other",
            password=PASSWORD,
            roles=[],
            actor=ACTOR,
            now=NOW,
        )


def test_the_last_administrator_stays(session: Session, user: User) -> None:
    service.set_roles(session, user, roles=[UserRole.ADMINISTRATOR], actor=ACTOR, now=NOW)
    session.flush()
    with pytest.raises(DomainError, match="only administrator"):
        service.set_roles(session, user, roles=[UserRole.FRONT_DESK], actor=ACTOR, now=NOW)
    with pytest.raises(DomainError, match="only administrator"):
        service.set_active(session, user, active=False, actor=ACTOR, now=NOW)


@pytest.mark.usefixtures("user")
def test_a_name_that_nobody_has_is_locked_like_one_that_somebody_has(session: Session) -> None:
    def told(name: str) -> list[str]:
        return [
            str(service.sign_in(session, username=name, password="wrong", now=NOW))
            for _ in range(FAILURES_UNTIL_LOCKED + 1)
        ]

    assert told("nobody") == told("dana")
    later = NOW + LOCKED_FOR
    again = service.sign_in(session, username="nobody", password="wrong", now=later)
    assert str(again) == "The name or the password is wrong."


def test_a_closed_account_is_locked_like_an_open_one(session: Session, user: User) -> None:
    user.active = False
    assert "locked" in _fail(session, FAILURES_UNTIL_LOCKED)


def test_what_was_typed_as_an_unknown_name_is_not_kept(session: Session) -> None:
    typed = "my secret password"
    service.sign_in(session, username=typed, password="wrong", now=NOW, address="10.1.2.3")
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "user.refused")).one()
    assert event.actor == "system:sign-in"
    assert event.detail == {"failures": 1, "address": "10.1.2.3"}
    (kept,) = session.scalars(select(StrangerSignIn))
    assert typed not in kept.digest


def test_counts_of_unknown_names_are_forgotten_after_a_day(session: Session) -> None:
    service.sign_in(session, username="nobody", password="wrong", now=NOW)
    assert failures.forget_strangers(session, now=NOW + timedelta(days=1)) == 0
    assert failures.forget_strangers(session, now=NOW + timedelta(days=1, seconds=1)) == 1


def test_the_present_password_is_no_new_one(session: Session, user: User) -> None:
    with pytest.raises(PasswordError, match="is the present password"):
        service.change_own_password(session, user, present=PASSWORD, password=PASSWORD, now=NOW)
