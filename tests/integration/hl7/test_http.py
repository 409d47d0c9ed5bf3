"""HL7 over HTTP: the same answers as over MLLP."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select

from config import Settings
from tests.support import messages, web
from worklist import db
from worklist.clock import system_clock
from worklist.hl7.api import make_blueprint
from worklist.hl7.models import InboundMessage, InboxState
from worklist.hl7.wire import MEDIA_TYPE

TOKEN = "a-token-of-this-test"


def client(settings: Settings, sessions: db.SessionFactory, token: str | None) -> FlaskClient:
    changes = {"hl7_http_token": SecretStr(token) if token else None}
    app = Flask(__name__)
    app.register_blueprint(
        make_blueprint(settings.model_copy(update=changes), sessions, system_clock, lambda: 0)
    )
    return app.test_client()


@pytest.fixture
def http(settings: Settings, session_factory: db.SessionFactory) -> FlaskClient:
    return client(settings, session_factory, TOKEN)


def headers(token: str = TOKEN, kind: str = MEDIA_TYPE) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": kind}


def test_a_message_is_answered_with_its_acknowledgement(http: FlaskClient) -> None:
    response = http.post("/hl7", data=messages.order("P1"), headers=headers())
    assert response.status_code == 200
    assert response.mimetype == MEDIA_TYPE
    assert b"MSA|AA|" in response.data


def test_a_batch_is_answered_with_a_batch(http: FlaskClient) -> None:
    batch = b"BHS|^~\\&|HIS|GENERAL|||||||B1\r" + messages.order("P1") + b"BTS|1\r"
    response = http.post("/hl7", data=batch, headers=headers())
    lines = response.data.split(b"\r")
    assert lines[0].startswith(b"BHS|")
    assert lines[-2] == b"BTS|1"


def test_a_sender_that_wants_no_answer_gets_none(http: FlaskClient) -> None:
    silent = messages.order("P1").replace(b"|P|2.3.1\r", b"|P|2.3.1|||NE|NE\r")
    response = http.post("/hl7", data=silent, headers=headers())
    assert (response.status_code, response.data) == (202, b"")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 401),
        (headers("a-wrong-token-of-this-test"), 401),
        (headers(kind="application/json"), 415),
    ],
)
def test_who_has_no_token_or_sends_something_else_is_refused(
    http: FlaskClient, sent: dict[str, str], status: int
) -> None:
    response = http.post("/hl7", data=messages.order("P1"), headers=sent)
    assert response.status_code == status


def test_a_message_longer_than_the_limit_is_refused(
    settings: Settings, session_factory: db.SessionFactory
) -> None:
    short = settings.model_copy(update={"mllp_max_message_bytes": 1024})
    response = client(short, session_factory, TOKEN).post(
        "/hl7", data=messages.order("P1") + b"NTE|1||" + b"x" * 2000, headers=headers()
    )
    assert response.status_code == 413
    assert b"MSA|AR|NWP1" in response.data
    with db.transaction(session_factory) as session:
        kept = session.scalars(select(InboundMessage)).one()
        assert (kept.complete, kept.state) == (False, InboxState.FAILED)
        assert kept.raw.startswith(messages.order("P1"))


def test_without_a_token_set_the_address_is_off(
    settings: Settings, session_factory: db.SessionFactory
) -> None:
    response = client(settings, session_factory, None).post("/hl7", data=b"", headers=headers())
    assert response.status_code == 404


def test_what_the_database_cannot_keep_is_to_be_sent_again(settings: Settings) -> None:
    unreachable = db.make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    http = client(settings, db.make_session_factory(unreachable), TOKEN)
    response = http.post("/hl7", data=messages.order("P1"), headers=headers())
    unreachable.dispose()
    assert response.status_code == 503
    assert b"MSA|AR|" in response.data


def test_wrong_tokens_are_counted(database: str, empty_redis: str) -> None:
    """In the application as it runs; the right token of the same address still opens."""
    app_client = web.make_client(database, empty_redis, HL7_HTTP_TOKEN=TOKEN)
    wrong = headers("a-wrong-token-of-this-test")
    answers = [app_client.post("/hl7", data=b"", headers=wrong) for _ in range(21)]
    right = app_client.post("/hl7", data=messages.order("P1"), headers=headers())
    web.close(app_client)
    assert [one.status_code for one in answers] == [401] * 20 + [429]
    assert answers[20].headers["Retry-After"] == "60"
    assert answers[20].text == "Too many wrong tokens from this address: wait 60 seconds.\n"
    assert (right.status_code, b"MSA|AA|" in right.data) == (200, True)
