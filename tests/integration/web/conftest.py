"""People who sign in to the application."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.support import web
from tests.support.department import make_scanner
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.web import paging


@pytest.fixture
def signed_in(client: FlaskClient, session_factory: db.SessionFactory) -> SignIn:
    """Sign the browser in with an account that has the roles named."""

    def sign_in(*roles: UserRole) -> FlaskClient:
        web.sign_in(client, web.make_user(session_factory, *roles))
        return client

    return sign_in


@pytest.fixture
def everybody(
    signed_in: SignIn, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> FlaskClient:
    """Somebody who may see everything, in a department of one CT, with pages of two rows."""
    monkeypatch.setattr(paging, "ROWS", 2)
    with db.transaction(session_factory) as session:
        make_scanner(session)
    return signed_in(*UserRole)


@pytest.fixture
def mailing_desk(
    database: str, empty_redis: str, session_factory: db.SessionFactory
) -> Iterator[FlaskClient]:
    """A clerk in a department that sends mail."""
    client = web.make_client(
        database, empty_redis, SMTP_HOST="mail.invalid", SMTP_SENDER="radiology@hospital.example"
    )
    web.make_user(session_factory, UserRole.FRONT_DESK)
    web.sign_in(client, "dana")
    yield client
    web.close(client)
