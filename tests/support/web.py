"""Pages asked without a browser: the application over a test's own database."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import argon2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import event
from werkzeug.test import TestResponse

from config import PREFIX, Settings
from tests.support import engines
from tests.support.department import NOW
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


class _Compiled(BytecodeCache):
    """What Jinja has compiled of the templates, for every application of this process."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


# Applications that serve no test just now, by their settings beside the database: to make
# one, with its routes and templates, takes longer than most tests.
_idle: dict[tuple[tuple[str, str], ...], list[Flask]] = {}
_compiled = _Compiled()


def make_app(settings: Settings, *, clock: Clock) -> Flask:
    """Make the application with what others before it have compiled of its templates."""
    app = create_app(settings, clock=clock)
    app.jinja_env.bytecode_cache = _compiled
    return app


@contextmanager
def connected(app: Flask, database_url: str) -> Iterator[None]:
    """Let the application use this database over an engine that others have used before."""
    made_with: context.WebContext = app.extensions["worklist"]
    with engines.lent(database_url) as engine:
        made_with.sessions.configure(bind=engine)
        context.install(app, replace(made_with, engine=engine))
        yield


def make_client(
    database_url: str, redis_url: str, *, clock: Clock = lambda: NOW, **values: str
) -> FlaskClient:
    """Give the application as it runs, CSRF protection and all, with a stopped clock.

    It is on this database alone until `close`; then another test may have it on another one.
    """
    settings = settings_for(database_url, redis_url, **values)
    key = tuple(sorted(values.items()))
    idle = _idle.setdefault(key, [])
    app = idle.pop() if idle else _make_reused_app(settings)
    made_with: context.WebContext = app.extensions["worklist"]
    context.install(app, replace(made_with, settings=settings, clock=clock))
    stack = ExitStack()
    stack.callback(idle.append, app)
    stack.enter_context(connected(app, database_url))
    app.extensions["close"] = stack.close
    return app.test_client()


def _make_reused_app(settings: Settings) -> Flask:
    def now() -> datetime:
        moment: datetime = app.extensions["worklist"].clock()
        return moment

    app = make_app(settings, clock=now)
    return app


def close(client: FlaskClient) -> None:
    """Give back the database connections, and the application for another test."""
    client.application.extensions["close"]()


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
