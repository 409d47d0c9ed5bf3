"""Everybody's API tokens: seen and ended by administrators, on the page and by programs."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support import web
from tests.support.api import Program, token_for
from tests.support.department import NOW
from tests.support.web import SignIn
from worklist import db
from worklist.audit.models import AuditEvent
from worklist.auth import tokens
from worklist.auth.models import ApiToken
from worklist.auth.roles import UserRole

PAGE = "/accounts/tokens"


@pytest.fixture
def engine(client: FlaskClient, session_factory: db.SessionFactory) -> Program:
    """A program of the front desk that has asked once, from another machine."""
    program = Program(client, token_for(session_factory, UserRole.FRONT_DESK))
    client.get(
        "/api/v1/own",
        headers={"Authorization": f"Bearer {program.token}"},
        environ_base={"REMOTE_ADDR": "10.1.2.3"},
    )
    return program


def test_a_token_tells_when_and_from_where_it_was_used(
    engine: Program, signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        token = session.scalars(select(ApiToken)).one()
        assert (token.last_used_at, token.last_used_address) == (NOW, "10.1.2.3")
        # The same program a moment later is not a write, another machine is one.
        soon = NOW + timedelta(seconds=30)
        tokens.owner(session, engine.token, now=soon, address="10.1.2.3")
        assert token.last_used_at == NOW
        tokens.owner(session, engine.token, now=soon, address="10.9.9.9")
        assert (token.last_used_at, token.last_used_address) == (soon, "10.9.9.9")
    page = signed_in(UserRole.ADMINISTRATOR).get(PAGE).text
    assert "10.9.9.9" in page
    assert engine.token not in page


def test_an_administrator_ends_somebody_elses_token(
    engine: Program, signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    with db.transaction(session_factory) as session:
        token_id = session.scalars(select(ApiToken.id)).one()
    assert web.submit(client, f"{PAGE}/{token_id}/revoke", PAGE).status_code == 303
    assert "is revoked" in client.get(PAGE).text
    assert engine.send("GET", "/own").status_code == 401
    with session_factory() as session:
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "token.revoked")
        ).one()
        assert (event.actor, event.detail) == (
            "user:dana",
            {"username": "engine", "name": "test"},
        )
    history = client.get("/administration?kind=user&code=engine").text
    assert "<strong>token</strong>: test →" in history
    assert web.submit(client, f"{PAGE}/{token_id}/revoke", PAGE).status_code == 404


def test_ended_tokens_are_listed_where_they_are_asked_for(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    token_for(session_factory, username="old", now=NOW - timedelta(days=2))
    token_for(session_factory, username="fresh")
    client = signed_in(UserRole.ADMINISTRATOR)
    assert ">old<" not in client.get(PAGE).text
    assert ">old<" in client.get(f"{PAGE}?all=yes&q=OLD").text
    assert "fresh" not in client.get(f"{PAGE}?all=yes&q=OLD").text
    for sort in ("username", "-name", "created", "expires", "-last_used", "address"):
        assert client.get(f"{PAGE}?sort={sort}").status_code == 200
    file = client.get(f"{PAGE}.csv?all=yes&sort=username").data.decode("utf-8-sig")
    assert [line.split(",")[0] for line in file.splitlines()] == ["Account", "fresh", "old"]


def test_programs_of_administrators_do_the_same(
    engine: Program, session_factory: db.SessionFactory
) -> None:
    admin = Program(
        engine.client, token_for(session_factory, UserRole.ADMINISTRATOR, username="admin")
    )
    engine.get("/tokens", status=403)
    (found,) = admin.get("/tokens?text=engine")["items"]
    assert (found["username"], found["name"]) == ("engine", "test")
    engine.post(f"/tokens/{found['id']}/revoke", status=403)
    admin.post(f"/tokens/{found['id']}/revoke")
    assert engine.send("GET", "/own").status_code == 401
    admin.post(f"/tokens/{found['id']}/revoke", status=404)
