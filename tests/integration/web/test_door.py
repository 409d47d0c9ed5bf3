"""Signing in, what is open without it, and what every answer carries."""

import pytest
from flask.testing import FlaskClient

from tests.support import web
from tests.support.department import NOW
from tests.support.web import SignIn
from worklist import db
from worklist.auth import service as auth
from worklist.auth.models import User
from worklist.auth.roles import UserRole


def test_a_page_leads_to_the_door_and_back(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    asked = client.get("/search?tab=story")
    assert asked.status_code == 302
    assert asked.location == "/sign-in?next=/search?tab%3Dstory"
    name = web.make_user(session_factory, UserRole.FRONT_DESK)
    opened = web.submit(
        client, "/sign-in", "/sign-in", username=name, password=web.PASSWORD, next="/exams/7"
    )
    assert (opened.status_code, opened.location) == (303, "/exams/7")


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\x",
        "/\t/elsewhere.example",
        "/\n/elsewhere.example",
        "javascript:alert(1)",
    ],
)
def test_the_door_leads_nowhere_else(
    client: FlaskClient, session_factory: db.SessionFactory, address: str
) -> None:
    name = web.make_user(session_factory, UserRole.FRONT_DESK)
    opened = web.submit(
        client, "/sign-in", "/sign-in", username=name, password=web.PASSWORD, next=address
    )
    assert opened.location == "/"


def test_a_wrong_password_is_told_and_the_name_kept(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    web.make_user(session_factory, UserRole.FRONT_DESK)
    refused = web.sign_in(client, "dana", "not this one")
    assert refused.status_code == 422
    assert "The name or the password is wrong." in refused.text
    assert 'value="dana"' in refused.text


def test_a_form_without_its_token_changes_nothing(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"username": "dana", "password": web.PASSWORD})
    assert answer.status_code == 400
    assert "Your session has ended" in answer.text


def test_a_new_password_ends_the_session(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    assert client.get("/search").status_code == 200
    with db.transaction(session_factory) as session:
        user = session.query(User).one()
        auth.set_password(
            session, user, password="another long phrase", actor="system:test", now=NOW
        )
    assert client.get("/search").location.startswith("/sign-in")


def test_every_answer_forbids_inline_code_and_caching(client: FlaskClient) -> None:
    headers = client.get("/sign-in").headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_health_is_told_without_an_account(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"alive": True}
    assert client.get("/readyz").json == {"ready": True, "database": True, "redis": True}
    metrics = client.get("/metrics").text
    assert 'worklist_hl7_inbox{state="FAILED"} 0.0' in metrics


def test_without_its_database_the_process_is_not_ready(redis_url: str) -> None:
    client = web.make_client("postgresql://nobody:none@127.0.0.1:1/none", redis_url)
    answer = client.get("/readyz")
    web.close(client)
    assert answer.status_code == 503
    assert answer.json == {"ready": False, "database": False, "redis": True}


def test_an_unknown_page_says_so(signed_in: SignIn) -> None:
    answer = signed_in(UserRole.FRONT_DESK).get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_too_many_tries_from_one_address_must_wait(client: FlaskClient) -> None:
    for _ in range(20):
        assert web.sign_in(client, "nobody", "nothing").status_code == 422
    told = web.submit(client, "/sign-in", "/sign-in", username="dana", password="x")
    assert told.status_code == 429
    assert "Too many tries from this address" in told.text
    assert told.headers["Retry-After"] == "60"
