"""Programs with tokens, and what they ask for."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.support import api
from tests.support.api import Program
from tests.support.department import make_scanner
from worklist import db
from worklist.auth.roles import UserRole


@pytest.fixture
def program(client: FlaskClient, session_factory: db.SessionFactory) -> Callable[..., Program]:
    """Make a program whose account has the roles named."""

    def make(*roles: UserRole, username: str = "engine") -> Program:
        return Program(client, api.token_for(session_factory, *roles, username=username))

    return make


@pytest.fixture
def desk(program: Callable[..., Program]) -> Program:
    """A program of the front desk."""
    return program(UserRole.FRONT_DESK)


@pytest.fixture
def admin(program: Callable[..., Program]) -> Program:
    """A program of an administrator."""
    return program(UserRole.ADMINISTRATOR, username="admin")


@pytest.fixture
def department(session_factory: db.SessionFactory) -> None:
    """One CT that is always open, and a CT of the chest of 15 minutes."""
    with db.transaction(session_factory) as session:
        make_scanner(session)
