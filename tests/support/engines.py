"""Engines that go from test to test, each time to another database of the session's server.

An engine remembers the statements that it has compiled; to compile them anew takes a short test
longer than all else that it does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from worklist import db

_idle: list[Engine] = []


@contextmanager
def lent(url: str) -> Iterator[Engine]:
    """Give an engine on this database; who listens to it listens to this test alone.

    A thread may outlive the test, as a stream of events does until it finds its page gone. What it
    gives back late is closed, and it is refused what it asks for late.
    """
    engine = _idle.pop() if _idle else _make(url)
    engine.url = make_url(url)
    lent_engine = engine.execution_options()
    yield lent_engine
    lent_engine.raw_connection = _refuse  # type: ignore[method-assign]
    pool = engine.pool
    engine.dispose()
    event.listen(pool, "checkin", lambda _, record: record.close())
    _idle.append(engine)


def _make(url: str) -> Engine:
    engine = db.make_engine(url)

    def go_where_lent(_dialect: Any, _record: Any, _cargs: Any, parameters: dict[str, Any]) -> None:
        parameters["dbname"] = engine.url.database

    event.listen(engine, "do_connect", go_where_lent)
    return engine


def _refuse() -> NoReturn:
    """Keep a thread that outlives its test from the database of the next."""
    raise OperationalError("connect", {}, ConnectionAbortedError("the test is over"))
