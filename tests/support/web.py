"""Pages asked without a browser: the application over a test's own database."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import argon2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from config import PREFIX, Settings
from tests.support.department import NOW
from tests.support.serving import let_go
from worklist import db
from worklist.app import create_app
from worklist.auth import service as auth
from worklist.auth.roles import UserRole
from worklist.clock import Clock
from worklist.web import context

# The fixture `signed_in`: roles in, a client of somebody who has them out.
SignIn = Callable[..., FlaskClient]
PASSWORD = "a long enough password"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def settings_for(database_url: str, redis_url: str, **values: str) -> Settings:
    """Return the settings that the application needs, and ``values`` without their prefix."""
    needed = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRET_KEY": "k" * 32}
    return Settings.read({PREFIX + name: value for name, value in (needed | values).items()})


# Applications that serve no test just now, by their settings beside the database: to make
# one, with its routes and templates, takes longer than most tests.
_idle: dict[tuple[tuple[str, str], ...], list[Flask]] = {}


def make_client(
    database_url: str, redis_url: str, *, clock: Clock = lambda: NOW, **values: str
) -> FlaskClient:
    """Give the application as it runs, CSRF protection and all, with a stopped clock.

    It is on this database alone until `close`; then another test may have it on another one.
    """
    settings = settings_for(database_url, redis_url, **values)
    key = tuple(sorted(values.items()))
    idle = _idle.setdefault(key, [])
    app = idle.pop() if idle else _make_app(settings)
    made_with: context.WebContext = app.extensions["worklist"]
    engine = db.make_engine(database_url)
    made_with.sessions.configure(bind=engine)
    context.install(app, replace(made_with, settings=settings, engine=engine, clock=clock))
    app.extensions["idle"] = idle
    return app.test_client()


def _make_app(settings: Settings) -> Flask:
    def now() -> datetime:
        moment: datetime = app.extensions["worklist"].clock()
        return moment

    app = create_app(settings, clock=now)
    return app


def close(client: FlaskClient) -> None:
    """Give back the database connections, and the application for another test."""
    app = client.application
    let_go(app.extensions["worklist"].engine)
    app.extensions["idle"].append(app)


@contextmanager
def quick_hashes() -> Iterator[None]:
    """Hash passwords in the same way with less work: almost every test signs somebody in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "_hasher", argon2.PasswordHasher(1, 8, 1))
        yield


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
