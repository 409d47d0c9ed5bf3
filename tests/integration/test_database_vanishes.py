"""A database whose host vanishes without a word: nobody waits for it for minutes."""

import socket

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from worklist import db
from worklist.dicom.reader import Reader


def test_a_host_that_takes_a_connection_and_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(db.GIVING_UP, "connect_timeout", 2)  # the least that libpq takes
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = db.make_engine(f"postgresql+psycopg://a@127.0.0.1:{silent.getsockname()[1]}/b")
        with pytest.raises(OperationalError), engine.connect():
            pass


def _limits(descriptor: int) -> tuple[int, ...]:
    """Return after how many seconds a lost peer is noticed: while waiting, and after sending."""
    with socket.socket(fileno=descriptor) as connection:
        asked = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        idle, interval, count = (connection.getsockopt(socket.IPPROTO_TCP, one) for one in asked)
        unsent = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        connection.detach()
    return idle + interval * count, unsent // 1000


def test_a_host_that_vanishes_under_an_open_connection_is_noticed(database_engine: Engine) -> None:
    with database_engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        assert _limits(raw.fileno()) == (30, 20)
    reader = Reader(database_engine)
    assert _limits(reader._connection().fileno()) == (30, 20)
    reader.close()
