"""Forms that are sent without scripts after the session's end, and sessions that were ended."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from flask import Response
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.support import web
from tests.support.department import NOW
from tests.support.web import SignIn
from worklist import db
from worklist.auth import sessions
from worklist.auth.models import EndedSession, User
from worklist.auth.roles import UserRole
from worklist.web import context, kept_forms, single_sign_on

TYPED = {"q": "Müller & <b>Söhne</b>\n"}
_KEPT = re.compile(r'name="kept" value="([^"]+)"')


@pytest.fixture
def desk(signed_in: SignIn) -> FlaskClient:
    return signed_in(UserRole.FRONT_DESK)


def send_too_late(
    client: FlaskClient, session_factory: db.SessionFactory, **fields: str
) -> TestResponse:
    """Send the search's form, whose session has been ended elsewhere meanwhile."""
    token = web.token_of(client.get("/search").text)
    with db.transaction(session_factory) as session:
        session.scalars(select(User).where(User.username == "dana")).one().session_epoch += 1
    return client.post(
        "/search",
        data={"csrf_token": token, **TYPED, **fields},
        headers={"Referer": "http://localhost/search"},
    )


def sign_in_with(client: FlaskClient, door: str, username: str = "dana") -> TestResponse:
    found = _KEPT.search(door)
    assert found is not None
    fields = {"username": username, "password": web.PASSWORD, "kept": found[1]}
    return client.post("/sign-in", data={"csrf_token": web.token_of(door), **fields})


def test_what_was_typed_is_kept_unreadable_and_sent_when_its_person_says_so(
    desk: FlaskClient, session_factory: db.SessionFactory
) -> None:
    door = send_too_late(desk, session_factory)
    assert door.status_code == 401
    assert "ller" not in door.text
    asked = sign_in_with(desk, door.text)
    assert asked.status_code == 200
    assert 'action="/search"' in asked.text
    assert "Müller &amp; &lt;b&gt;Söhne&lt;/b&gt;" in asked.text
    sent = desk.post("/search", data={"csrf_token": web.token_of(asked.text), **TYPED})
    assert sent.status_code == 200


def test_a_wrong_password_does_not_lose_it(
    desk: FlaskClient, session_factory: db.SessionFactory
) -> None:
    door = send_too_late(desk, session_factory).text
    found = _KEPT.search(door)
    assert found is not None
    fields = {"username": "dana", "password": "wrong", "kept": found[1]}
    refused = desk.post("/sign-in", data={"csrf_token": web.token_of(door), **fields})
    assert refused.status_code == 422
    assert "ller" in sign_in_with(desk, refused.text).text


def test_somebody_else_does_not_get_it(
    desk: FlaskClient, session_factory: db.SessionFactory
) -> None:
    web.make_user(session_factory, UserRole.FRONT_DESK, username="kim")
    answer = sign_in_with(desk, send_too_late(desk, session_factory).text, "kim")
    assert answer.status_code == 303
    assert "ller" not in answer.text


def test_what_is_old_or_not_ours_is_not_opened(
    desk: FlaskClient, session_factory: db.SessionFactory
) -> None:
    found = _KEPT.search(send_too_late(desk, session_factory).text)
    assert found is not None
    with session_factory() as session:
        user_id = session.scalars(select(User.id)).one()
    with desk.application.test_request_context():
        assert kept_forms.opened(found[1], user_id) is not None
        for broken in ("", "a.b.c.d.e", found[1][:-3] + "AAA"):
            assert kept_forms.opened(broken, user_id) is None
    with (
        desk.application.test_request_context(),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(context, "now", lambda: NOW + timedelta(minutes=31))
        assert kept_forms.opened(found[1], user_id) is None


@pytest.mark.parametrize("fields", [{"csrf_token": "made-up"}, {"password": "x"}])
def test_a_forged_form_and_a_password_are_not_kept(
    desk: FlaskClient, session_factory: db.SessionFactory, fields: dict[str, str]
) -> None:
    assert send_too_late(desk, session_factory, **fields).status_code == 302


def test_whoever_has_no_account_sends_no_long_form(client: FlaskClient) -> None:
    long = {"username": "x" * kept_forms.LARGEST_KEPT}
    assert client.post("/sign-in", data=long).status_code == 413


def test_a_copy_of_the_cookie_opens_nothing_after_signing_out(
    desk: FlaskClient, session_factory: db.SessionFactory
) -> None:
    copied = desk.get_cookie("worklist")
    assert copied is not None
    web.submit(desk, "/sign-out", "/search")
    thief = desk.application.test_client()
    thief.set_cookie("worklist", copied.value)
    assert thief.get("/search").status_code == 302
    # The same person's other sessions go on, and the note is forgotten once no cookie can be alive.
    web.sign_in(desk, "dana")
    assert desk.get("/search").status_code == 200
    with db.transaction(session_factory) as session:
        assert sessions.forget(session, now=NOW + timedelta(hours=24)) == 0
        assert sessions.forget(session, now=NOW + timedelta(hours=25)) == 1
        assert session.scalars(select(EndedSession)).all() == []


@pytest.fixture
def provider(database: str, empty_redis: str) -> Iterator[FlaskClient]:
    """A browser at an application with an identity provider, which is not asked itself."""
    client = web.make_client(
        database, empty_redis, OIDC_ISSUER="https://idp.example", OIDC_CLIENT_ID="worklist"
    )
    yield client
    web.close(client)


def come_back(client: FlaskClient, subject: str) -> TestResponse:
    """Come back from the provider as one of its people."""
    claims = {"iss": "https://idp.example", "sub": subject, "preferred_username": subject}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(single_sign_on, "_ask_who", lambda: claims)
        return client.get("/sign-in/provider/return")


def leave_too_late(client: FlaskClient, session_factory: db.SessionFactory) -> str:
    """Sign in by the provider, send a form too late and go to the provider with it."""
    assert come_back(client, "dana").status_code == 303
    with db.transaction(session_factory) as session:
        user = session.scalars(select(User).where(User.username == "dana")).one()
        user.roles = [UserRole.FRONT_DESK]
    door = send_too_late(client, session_factory).text
    assert 'formaction="/sign-in/provider"' in door
    found = _KEPT.search(door)
    assert found is not None
    fields = {"kept": found[1], "next": "/search", "csrf_token": web.token_of(door)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(single_sign_on, "_to_provider", lambda **_: Response(status=302))
        assert client.post("/sign-in/provider", data=fields).status_code == 302
    return found[1]


def test_what_was_typed_waits_for_whoever_comes_back_from_the_provider(
    provider: FlaskClient, session_factory: db.SessionFactory
) -> None:
    leave_too_late(provider, session_factory)
    asked = come_back(provider, "dana")
    assert asked.status_code == 200
    assert "Müller &amp; &lt;b&gt;Söhne&lt;/b&gt;" in asked.text
    assert 'href="/search"' in asked.text
    sent = provider.post("/search", data={"csrf_token": web.token_of(asked.text), **TYPED})
    assert sent.status_code == 200
    assert come_back(provider, "dana").status_code == 303  # it is asked about once


def test_somebody_else_does_not_get_it_from_the_provider(
    provider: FlaskClient, session_factory: db.SessionFactory, empty_redis: str
) -> None:
    leave_too_late(provider, session_factory)
    answer = come_back(provider, "kim")
    assert answer.status_code == 303
    assert "ller" not in answer.text
    with redis.Redis.from_url(empty_redis) as client:
        assert client.keys("worklist:kept:*") == []


def test_only_what_is_ours_is_put_by(provider: FlaskClient, empty_redis: str) -> None:
    with provider.application.test_request_context():
        assert kept_forms.put_by("a.b.c.d.e") == ""
        assert kept_forms.fetch("nobodys") == ""
    with redis.Redis.from_url(empty_redis) as client:
        assert client.keys("worklist:kept:*") == []
