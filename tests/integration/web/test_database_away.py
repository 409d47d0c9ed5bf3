"""Pages while the database is away: each says so, whoever asks."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests.support.web import SignIn
from worklist.auth.roles import UserRole


@contextmanager
def away(client: FlaskClient) -> Iterator[None]:
    """Let every statement of the application fail."""
    engine = client.application.extensions["worklist"].engine

    def fail(*_: object) -> None:
        raise OperationalError("", {}, psycopg.OperationalError("the connection is closed"))

    event.listen(engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", fail)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_page_says_that_the_database_does_not_answer(
    signed_in: SignIn, headers: dict[str, str]
) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    with away(client):
        answer = client.get("/search", headers=headers | {"Accept-Language": "de"})
    assert answer.status_code == 503
    assert "Die Datenbank antwortet nicht" in answer.text
    assert client.get("/search").status_code == 200  # and nobody has to sign in again


def test_a_program_is_told_by_a_problem(signed_in: SignIn) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    with away(client):
        answer = client.get("/api/exams")
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
