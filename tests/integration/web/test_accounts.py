"""Accounts: made, changed and closed by an administrator; one's own password."""

import pytest
from sqlalchemy import select

from tests.support import web
from tests.support.department import make_site
from tests.support.web import SignIn
from worklist import db
from worklist.auth.models import User
from worklist.auth.roles import UserRole

PAGE = "/accounts"
OTHER = "an even longer password"


def account(sessions: db.SessionFactory, username: str) -> User:
    with db.transaction(sessions) as session:
        return session.scalars(select(User).where(User.username == username)).one()


def test_an_account_is_made_with_its_roles(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    client_answer = web.submit(
        client,
        PAGE,
        PAGE,
        username="Terry",
        display_name="Terry Tech",
        password=OTHER,
        roles=["technologist", "front_desk"],
    )
    assert client_answer.status_code == 303
    assert account(session_factory, "terry").roles == ["technologist", "front_desk"]
    assert "Terry Tech may sign in as terry now." in client.get(PAGE).text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"password": "short"}, "needs at least 15 characters"),
        ({"password": "x" * 300}, "at most 256 characters"),
        ({"password": "abababababababab"}, "one of the first that a guesser tries"),
        ({"password": "terry is my name"}, "holds the account&#39;s name"),
        ({"username": "dana"}, "There is an account &#39;dana&#39; already"),
        ({"username": "a b"}, "2 to 64 letters"),
        ({"display_name": " "}, "Give the person&#39;s name"),
        ({"roles": "king"}, "There is no such role"),
    ],
)
def test_what_is_wrong_with_a_new_account_is_told(
    signed_in: SignIn, fields: dict[str, str], told: str
) -> None:
    values: dict[str, object] = {
        "username": "terry",
        "display_name": "Terry Tech",
        "password": OTHER,
        "roles": "technologist",
    }
    client = signed_in(UserRole.ADMINISTRATOR)
    answer = web.submit(client, PAGE, PAGE, htmx=False, **(values | fields))
    assert answer.status_code == 422
    assert told in answer.text


def test_the_only_administrator_stays_one(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    refused = web.submit(client, f"{PAGE}/dana/roles", PAGE, roles=["technologist"])
    assert "is the only administrator" in refused.text
    assert web.submit(client, f"{PAGE}/dana/close", PAGE).status_code == 422
    assert account(session_factory, "dana").roles == ["administrator"]


def test_a_closed_account_is_signed_out_and_may_come_back(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    web.make_user(session_factory, UserRole.FRONT_DESK, username="kim")
    other = client.application.test_client()
    web.sign_in(other, "kim")
    assert other.get("/search").status_code == 200
    web.submit(client, f"{PAGE}/kim/close", PAGE)
    assert other.get("/search").status_code == 302
    assert web.sign_in(other, "kim").status_code == 422
    web.submit(client, f"{PAGE}/kim/open", PAGE)
    assert web.sign_in(other, "kim").status_code == 303


def test_roles_count_at_once(signed_in: SignIn, session_factory: db.SessionFactory) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    web.make_user(session_factory, UserRole.FRONT_DESK, username="kim")
    other = client.application.test_client()
    web.sign_in(other, "kim")
    assert other.get(PAGE).status_code == 403
    web.submit(client, f"{PAGE}/kim/roles", PAGE, roles=["administrator"])
    assert other.get(PAGE).status_code == 200


def test_a_new_password_ends_the_lock_and_other_sessions(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    web.make_user(session_factory, UserRole.FRONT_DESK, username="kim")
    other = client.application.test_client()
    for _ in range(5):
        web.sign_in(other, "kim", "wrong")
    assert web.sign_in(other, "kim").status_code == 422
    web.submit(client, f"{PAGE}/kim/password", PAGE, password=OTHER)
    assert web.sign_in(other, "kim", OTHER).status_code == 303


def test_ones_own_password_needs_the_present_one(signed_in: SignIn) -> None:
    client, page = signed_in(UserRole.FRONT_DESK), f"{PAGE}/own"
    elsewhere = client.application.test_client()
    web.sign_in(elsewhere, "dana")
    refused = web.submit(client, page, page, present="wrong", password=OTHER)
    assert "The present password is wrong" in refused.text
    changed = web.submit(client, page, page, present=web.PASSWORD, password=OTHER)
    assert changed.status_code == 303
    assert client.get("/search").status_code == 200
    assert elsewhere.get("/search").status_code == 302


def test_accounts_are_for_administrators(signed_in: SignIn) -> None:
    client = signed_in(UserRole.MANAGER)
    assert client.get(PAGE).status_code == 403
    assert web.submit(client, f"{PAGE}/dana/roles", "/search").status_code == 403


def test_times_are_told_in_the_zone_of_the_site(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_site(session, time_zone="Asia/Tokyo")
    assert "18:00" in signed_in(UserRole.ADMINISTRATOR).get(PAGE).text  # 09:00 UTC


def test_accounts_are_found_and_unlocked_and_their_history_is_kept(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    for name in ("kim", "lee"):
        web.make_user(session_factory, UserRole.FRONT_DESK, username=name)
    assert ">lee<" not in client.get(f"{PAGE}?q=ki").text
    other = client.application.test_client()
    for _ in range(5):
        web.sign_in(other, "kim", "wrong")
    assert "Unlock" in client.get(f"{PAGE}?q=kim").text
    web.submit(client, f"{PAGE}/kim/open", PAGE)
    assert web.sign_in(other, "kim").status_code == 303
    web.submit(client, f"{PAGE}/lee/close", PAGE)
    assert ">lee<" not in client.get(PAGE).text
    assert ">lee<" in client.get(f"{PAGE}?all=yes").text
    web.submit(client, f"{PAGE}/kim/roles", PAGE, roles=["technologist"])
    history = client.get("/administration?kind=user").text
    assert "<strong>roles</strong>: front_desk → technologist" in history
    assert "<strong>locked</strong>: yes → no" in history


def test_a_refused_new_account_loses_nothing_typed(signed_in: SignIn) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    fields = {"username": "terry", "display_name": "Terry", "password": "short"}
    refused = web.submit(client, PAGE, PAGE, htmx=True, **fields)
    # A notice beside the form, which stays as it is.
    assert refused.status_code == 422
    assert refused.headers["HX-Retarget"] == "#answer"
    assert 'hx-post="/accounts"' in client.get(PAGE).text
