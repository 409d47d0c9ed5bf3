"""People who sign in to the application."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.support import web
from worklist import db
from worklist.auth.roles import UserRole


@pytest.fixture
def signed_in(
    client: FlaskClient, session_factory: db.SessionFactory
) -> Callable[..., FlaskClient]:
    """Sign the browser in with an account that has the roles named."""

    def sign_in(*roles: UserRole) -> FlaskClient:
        web.sign_in(client, web.make_user(session_factory, *roles))
        return client

    return sign_in
