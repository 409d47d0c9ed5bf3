"""Whether a connection that is used again is asked for its server, and replaced without one."""

import pytest
from sqlalchemy import Engine, text

from worklist import db

_OWN = text("SELECT pg_backend_pid()")


def _use(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(_OWN) or 0


@pytest.fixture
def asked(database_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The connections that were asked whether their server is there."""
    found: list[object] = []
    ask = database_engine.dialect.do_ping

    def do_ping(driver: object) -> bool:
        found.append(driver)
        return ask(driver)  # type: ignore[arg-type]

    monkeypatch.setattr(database_engine.dialect, "do_ping", do_ping)
    return found


def test_what_was_used_a_moment_ago_is_not_asked(
    database_engine: Engine, asked: list[object]
) -> None:
    assert _use(database_engine) == _use(database_engine) == _use(database_engine)
    assert asked == []


def test_what_was_idle_for_long_is_asked(
    database_engine: Engine, asked: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _use(database_engine)
    monkeypatch.setattr(db, "_SURE_FOR", -1.0)
    assert _use(database_engine) == first
    assert len(asked) == 1


def test_a_connection_that_the_server_has_closed_is_replaced_at_once(
    database_engine: Engine, session_factory: db.SessionFactory, database: str
) -> None:
    first = _use(database_engine)
    other = db.make_engine(database)
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": first})
    other.dispose()
    with db.transaction(session_factory) as session:
        assert session.scalar(_OWN) != first


def test_a_connection_that_was_closed_here_is_replaced(database_engine: Engine) -> None:
    with database_engine.connect() as connection:
        first = connection.scalar(_OWN)
        raw = connection.connection.driver_connection
    assert raw is not None
    raw.close()
    assert _use(database_engine) != first
