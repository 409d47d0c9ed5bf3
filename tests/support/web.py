"""Pages asked without a browser: the application over a test's own database."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from config import PREFIX, Settings
from tests.support.department import NOW
from worklist import db
from worklist.app import create_app
from worklist.auth import service as auth
from worklist.auth.roles import UserRole
from worklist.clock import Clock

# The fixture `signed_in`: roles in, a client of somebody who has them out.
SignIn = Callable[..., FlaskClient]
PASSWORD = "a long enough password"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def settings_for(database_url: str, redis_url: str, **values: str) -> Settings:
    """Return what the application needs to be told; ``values`` say more, without their prefix."""
    needed = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRET_KEY": "k" * 32}
    return Settings.read({PREFIX + name: value for name, value in (needed | values).items()})


def make_client(
    database_url: str, redis_url: str, *, clock: Clock = lambda: NOW, **values: str
) -> FlaskClient:
    """Make the application as it runs, CSRF protection and all, with a stopped clock."""
    settings = settings_for(database_url, redis_url, **values)
    return create_app(settings, clock=clock).test_client()


def close(client: FlaskClient) -> None:
    """Give back the application's database connections."""
    client.application.extensions["worklist"].engine.dispose()


def make_user(
    sessions: db.SessionFactory, *roles: UserRole, username: str = "dana", now: datetime = NOW
) -> str:
    """Create an account with these roles and return its name."""
    with db.transaction(sessions) as session:
        auth.create_user(
            session,
            username=username,
            display_name=username.title(),
            password=PASSWORD,
            roles=roles,
            actor="system:test",
            now=now,
        )
    return username


def sign_in(client: FlaskClient, username: str, password: str = PASSWORD) -> TestResponse:
    return submit(client, "/sign-in", "/sign-in", username=username, password=password)


def token_of(page: str) -> str:
    """Return the token of a page's forms, empty where it has none."""
    found = _TOKEN.search(page)
    return found[1] if found else ""


def submit(
    client: FlaskClient, address: str, page: str, *, htmx: bool = False, **fields: object
) -> TestResponse:
    """Post a form as the browser would that has loaded ``page``: with its token and address."""
    data = {"csrf_token": token_of(client.get(page).text), **fields}
    headers = {"Referer": f"http://localhost{page}"} | ({"HX-Request": "true"} if htmx else {})
    return client.post(address, data=data, headers=headers)


@contextmanager
def statements(client: FlaskClient) -> Iterator[list[str]]:
    """Collect what the application asks the database in the block."""
    asked: list[str] = []
    engine = client.application.extensions["worklist"].engine

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)
