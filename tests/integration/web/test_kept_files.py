"""Files that browsers keep are asked for once, not with every page."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from flask.testing import FlaskClient

from tests.support import web
from tests.support.department import NOW, make_room, make_site
from worklist import db
from worklist.auth.roles import UserRole


@pytest.fixture
def desk(
    database: str, empty_redis: str, session_factory: db.SessionFactory
) -> Iterator[FlaskClient]:
    """Somebody whose cookie is renewed by every request: it says when it was."""
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT01")
    seconds = count()
    client = web.make_client(
        database, empty_redis, clock=lambda: NOW + timedelta(seconds=next(seconds))
    )
    web.sign_in(client, web.make_user(session_factory, UserRole.FRONT_DESK))
    yield client
    web.close(client)


def test_what_a_page_loads_is_kept_whatever_the_cookie_is(desk: FlaskClient) -> None:
    page = desk.get("/day").text
    files = re.findall(r'(?:href|src)="([^"]*\?v=[0-9a-f]+)"', page)
    assert {file.split("?")[0] for file in files} >= {
        "/static/icon.svg",
        "/static/app.css",
        "/static/app.js",
        "/static/board.js",
        "/day/grid.css",
    }
    for file in files:
        with desk.get(file) as answer:
            assert "immutable" in answer.headers["Cache-Control"], file
            assert "Vary" not in answer.headers, file
            assert "Set-Cookie" not in answer.headers, file


def test_pages_are_not_kept_and_renew_the_cookie(desk: FlaskClient) -> None:
    headers = desk.get("/day").headers
    assert headers["Cache-Control"] == "no-store"
    assert "Cookie" in headers["Vary"]
    assert "worklist=" in headers["Set-Cookie"]


def test_a_file_without_its_version_is_asked_for_anew(desk: FlaskClient) -> None:
    with desk.get("/static/app.css") as answer:
        assert "immutable" not in answer.headers["Cache-Control"]
