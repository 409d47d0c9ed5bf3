"""Engine, sessions and the declarative base.

Services receive a session and only flush; whoever calls them opens the transaction with
``transaction`` and so decides what is committed together.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import StrEnum
from functools import partial
from select import POLLIN, poll
from time import monotonic
from typing import Any, cast

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Enum,
    MetaData,
    bindparam,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

SessionFactory = sessionmaker[Session]

# A server that vanished without a word, as by a failed network or a host switched over, is given
# up after some seconds; the system's own limits are minutes for what is sent, hours for what is
# waited for (libpq's connection parameters, in seconds; the last in milliseconds).
GIVING_UP: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


# A connection that was used less than so many seconds ago is not asked whether its server is there.
_SURE_FOR = 5.0
_RETURNED = "worklist.returned"


class Base(DeclarativeBase):
    """Base of every table.

    Times are ``timestamptz``, dictionaries ``jsonb``, word lists checked text.
    """

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        int: BigInteger(),
        StrEnum: Enum(
            StrEnum,
            native_enum=False,
            create_constraint=True,
            length=32,
            values_callable=lambda words: [word.value for word in words],
        ),
    }


def make_engine(url: str, *, pool_size: int = 5, check: bool = True) -> Engine:
    """Make an engine for a ``postgresql://`` URL (psycopg 3).

    Connections are checked before use, so that a restarted database costs one reconnect and no
    failed request; without ``check`` the caller tries again instead. A statement that waits for a
    lock gives up after 10 s.
    """
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        hide_parameters=True,
        connect_args={
            "options": "-c timezone=UTC -c lock_timeout=10000",
            "application_name": "worklist",
            **GIVING_UP,
        },
    )
    event.listen(engine, "rollback", _keep_prepared)
    if check:
        event.listen(engine, "checkin", _note_return)
        event.listen(engine, "checkout", partial(_check, engine))
    return engine


def _note_return(_driver: object, record: ConnectionPoolEntry) -> None:
    record.info[_RETURNED] = monotonic()


def _check(
    engine: Engine,
    driver: DBAPIConnection,
    record: ConnectionPoolEntry,
    _proxy: PoolProxiedConnection,
) -> None:
    """Refuse a connection whose server has gone; the pool then makes new ones.

    A server that stops says so, and a process that dies closes its end: both lie in the socket
    unread. Only a connection that has something there, or was idle for long, is asked.
    """
    returned = record.info.get(_RETURNED)
    if returned is None:  # made a moment ago
        return
    try:
        if monotonic() - returned > _SURE_FOR or _has_news(driver):
            engine.dialect.do_ping(driver)
    except psycopg.Error as error:
        raise InvalidatePoolError from error


def _has_news(driver: DBAPIConnection) -> bool:
    """Return whether something has come that nobody asked for."""
    incoming = poll()
    incoming.register(cast("psycopg.Connection[Any]", driver).fileno(), POLLIN)
    return bool(incoming.poll(0))


def _keep_prepared(connection: Connection) -> None:
    """Roll back past psycopg, which would forget every statement that it has prepared.

    It does so because a table made meanwhile is gone then, and all that follows is planned anew.
    What was tried or refused here made no table. After an error it may forget: that is how it
    gets over a table that a migration has changed.
    """
    if connection.invalidated:
        return
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    if driver.info.transaction_status is TransactionStatus.INTRANS:
        with suppress(psycopg.Error):  # its own rollback tells what is wrong with the connection
            driver.pgconn.exec_(b"ROLLBACK")


def make_session_factory(engine: Engine) -> SessionFactory:
    """Return a factory of sessions whose objects stay readable after commit."""
    return sessionmaker(engine, expire_on_commit=False)


def ids(name: str) -> ColumnElement[Sequence[int]]:
    """Return a parameter, a list of ids, whose statements are planned once for lists of any length.

    Of a list alone PostgreSQL sees that it is short, thinks that worth a plan of its own and plans
    the statement anew each time, which takes longer than the statement.
    """
    given = select(func.unnest(bindparam(name, type_=ARRAY(BigInteger)))).scalar_subquery()
    return func.array(given, type_=ARRAY(BigInteger))


@contextmanager
def transaction(factory: SessionFactory) -> Iterator[Session]:
    """Open a session, commit at the end, roll back on any exception."""
    with factory() as session, session.begin():
        yield session
