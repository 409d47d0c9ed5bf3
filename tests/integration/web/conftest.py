"""The application over this test's own database, and people who sign in to it."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from tests.support import web
from worklist import db
from worklist.auth.roles import UserRole


@pytest.fixture
def client(database: str, empty_redis: str) -> Iterator[FlaskClient]:
    """A browser without an account."""
    client = web.make_client(database, empty_redis)
    yield client
    web.close(client)


@pytest.fixture
def signed_in(
    client: FlaskClient, session_factory: db.SessionFactory
) -> Callable[..., FlaskClient]:
    """Sign the browser in with an account that has the roles named."""

    def sign_in(*roles: UserRole) -> FlaskClient:
        web.sign_in(client, web.make_user(session_factory, *roles))
        return client

    return sign_in
