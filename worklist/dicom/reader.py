"""The connections on which worklist queries are read.

One a thread, in autocommit: a query is one statement, without a transaction around it or a ping
before it. A connection that has died is opened again.

Planning the join takes several times as long as running it for one station's day. So a query for
what is on stations' lists, whose plan is the same whatever its values, is planned once on each
connection; any other is planned for its values, such as one for a status, which a partial index
serves only where the plan knows the status.
"""

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import psycopg
from sqlalchemy import Engine

from worklist.db import GIVING_UP
from worklist.dicom.patterns import RESEMBLANCE

_OPTIONS = (
    "-c timezone=UTC -c jit=off -c statement_timeout=30000 -c plan_cache_mode=force_generic_plan "
    f"-c pg_trgm.word_similarity_threshold={RESEMBLANCE}"
)
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Statement:
    """The one statement of a query, of one text column.

    ``sql`` has named placeholders; ``numbered`` is the same with ``$1``, as the database takes it,
    in the order of ``names``. ``planned_once`` tells that one plan serves whatever the values.
    """

    sql: str
    parameters: Mapping[str, Any]
    planned_once: bool
    numbered: bytes
    names: tuple[str, ...]

    @classmethod
    def of(cls, sql: str, parameters: Mapping[str, Any], *, planned_once: bool) -> Self:
        """Return the statement of SQL with placeholders such as ``%(name)s``."""
        names = tuple(dict.fromkeys(_PLACEHOLDER.findall(sql)))
        number = {name: f"${place}" for place, name in enumerate(names, 1)}
        numbered = _PLACEHOLDER.sub(lambda found: number[found[1]], sql).replace("%%", "%")
        return cls(sql, parameters, planned_once, numbered.encode(), names)


_Connection = psycopg.Connection[tuple[Any, ...]]


class Reader:
    """Reads the texts of a statement, row by row."""

    def __init__(self, engine: Engine) -> None:
        url = engine.url.set(drivername="postgresql")
        self._address = url.render_as_string(hide_password=False)
        self._local = threading.local()
        self._opened: list[_Connection] = []

    def texts(self, statement: Statement, more: Mapping[str, Any]) -> list[str]:
        """Return the rows of a statement; ``more`` are parameters beside its own.

        Raises:
            psycopg.Error: the database does not answer.
        """
        parameters = {**statement.parameters, **more}
        read = _planned_once if statement.planned_once else _planned_now
        try:
            return read(self._connection(), statement, parameters)
        except psycopg.OperationalError:
            return read(self._connection(anew=True), statement, parameters)

    def stream(self, statement: Statement, more: Mapping[str, Any]) -> Iterator[str]:
        """Give the rows as they come, however many, so that the reading may end early.

        Raises:
            psycopg.Error: the database does not answer.
        """
        connection = self._connection()
        try:
            with psycopg.ClientCursor(connection) as cursor:
                parameters = {**statement.parameters, **more}
                for (text,) in cursor.stream(statement.sql.encode(), parameters):
                    yield text
        except psycopg.OperationalError:
            connection.close()  # the next query opens another
            raise

    def close(self) -> None:
        """Close every connection."""
        for connection in self._opened:
            connection.close()
        self._opened.clear()

    def _connection(self, *, anew: bool = False) -> _Connection:
        known: _Connection | None = getattr(self._local, "one", None)
        if known is not None and not anew and not known.closed:
            return known
        if known is not None:
            self._local.one = None  # first: the database may be away for longer
            self._opened.remove(known)
            known.close()
        connection = psycopg.connect(
            self._address,
            autocommit=True,
            options=_OPTIONS,
            application_name="worklist-dicom",
            **GIVING_UP,
        )
        self._opened.append(connection)
        self._local.one = connection
        return connection


def _planned_once(
    connection: _Connection, statement: Statement, parameters: Mapping[str, Any]
) -> list[str]:
    values = [parameters[name] for name in statement.names]
    with psycopg.RawCursor(connection) as cursor:
        cursor.execute(statement.numbered, values, prepare=True)
        return [text for (text,) in cursor]


def _planned_now(
    connection: _Connection, statement: Statement, parameters: Mapping[str, Any]
) -> list[str]:
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(statement.sql.encode(), parameters)
        return [text for (text,) in cursor]
