"""What ends access does so at the next request, and for a stream that is open."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.support import web
from tests.support.api import token_for
from tests.support.department import ACTOR, NOW
from tests.support.web import SignIn
from worklist import db
from worklist.auth import queries
from worklist.auth import service as auth
from worklist.auth.models import User
from worklist.auth.roles import UserRole
from worklist.web import sign_in

Ends = Callable[[Session, User], None]


def _close(session: Session, user: User) -> None:
    auth.set_active(session, user, active=False, actor=ACTOR, now=NOW)


def _give_password(session: Session, user: User) -> None:
    auth.set_password(session, user, password="another long sentence", actor=ACTOR, now=NOW)


def _sign_out_everywhere(session: Session, user: User) -> None:
    auth.sign_out(session, user, everywhere=True, now=NOW)


@pytest.mark.parametrize("ends", [_close, _give_password, _sign_out_everywhere])
def test_a_session_and_its_stream_end(
    signed_in: SignIn, session_factory: db.SessionFactory, ends: Ends
) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    with client:
        assert client.get("/search").status_code == 200
        is_open = sign_in.still_open()
    assert is_open()
    with db.transaction(session_factory) as session:
        ends(session, queries.by_name(session, "dana"))
    assert not is_open()
    for address in ("/search", "/events", "/"):
        assert client.get(address).location.startswith("/sign-in"), address
    assert client.get("/api/v1/own").status_code == 401


def test_the_stream_of_a_session_ends_that_was_signed_out_of(signed_in: SignIn) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    with client:
        client.get("/search")
        is_open = sign_in.still_open()
    assert is_open()
    web.submit(client, "/sign-out", "/search")
    assert not is_open()


def test_another_role_counts_at_the_next_request_of_page_and_token(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    headers = {"Authorization": f"Bearer {token_for(session_factory, UserRole.ADMINISTRATOR)}"}
    web.make_user(session_factory, UserRole.ADMINISTRATOR, username="spare")
    web.sign_in(client, "engine")
    asked = {"/trail": {}, "/api/v1/audit": headers, "/api/v1/own": headers}
    before = [client.get(address, headers=one).status_code for address, one in asked.items()]
    assert before == [200, 200, 200]
    with db.transaction(session_factory) as session:
        user = queries.by_name(session, "engine")
        auth.set_roles(session, user, roles=[UserRole.MANAGER], actor=ACTOR, now=NOW)
    after = [client.get(address, headers=one).status_code for address, one in asked.items()]
    assert after == [403, 403, 200]


def test_the_token_of_a_closed_account_opens_nothing(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    headers = {"Authorization": f"Bearer {token_for(session_factory, UserRole.FRONT_DESK)}"}
    assert client.get("/api/v1/own", headers=headers).status_code == 200
    with db.transaction(session_factory) as session:
        _close(session, queries.by_name(session, "engine"))
    for address in ("/api/v1/own", "/fhir/Patient", "/fhir/Patient/1"):
        assert client.get(address, headers=headers).status_code == 401
