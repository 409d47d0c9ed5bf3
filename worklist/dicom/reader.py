"""The connections on which worklist queries are read.

One a thread, in autocommit: a query is one statement, prepared by the server, without a
transaction around it or a ping before it. A connection that has died is opened again.
"""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from sqlalchemy import Engine

from worklist.dicom.patterns import RESEMBLANCE

_OPTIONS = (
    "-c timezone=UTC -c jit=off -c statement_timeout=30000 "
    f"-c pg_trgm.word_similarity_threshold={RESEMBLANCE}"
)


class Reader:
    """Reads the one text column of a statement, row by row."""

    def __init__(self, engine: Engine) -> None:
        url = engine.url.set(drivername="postgresql")
        self._address = url.render_as_string(hide_password=False)
        self._local = threading.local()
        self._opened: list[psycopg.Connection[tuple[Any, ...]]] = []

    def texts(self, sql: str, parameters: Mapping[str, Any]) -> list[str]:
        """Return the rows of a statement.

        Raises:
            psycopg.Error: the database does not answer.
        """
        try:
            return self._texts(self._connection(), sql, parameters)
        except psycopg.OperationalError:
            return self._texts(self._connection(anew=True), sql, parameters)

    def stream(self, sql: str, parameters: Mapping[str, Any]) -> Iterator[str]:
        """Give the rows as they come, however many, so that the reading may end early.

        Raises:
            psycopg.Error: the database does not answer.
        """
        connection = self._connection()
        try:
            with connection.cursor() as cursor:
                for (text,) in cursor.stream(sql.encode(), parameters):
                    yield text
        except psycopg.OperationalError:
            connection.close()  # the next query opens another
            raise

    def close(self) -> None:
        """Close every connection."""
        for connection in self._opened:
            connection.close()
        self._opened.clear()

    @staticmethod
    def _texts(
        connection: psycopg.Connection[tuple[Any, ...]], sql: str, parameters: Mapping[str, Any]
    ) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(sql.encode(), parameters)
            return [text for (text,) in cursor]

    def _connection(self, *, anew: bool = False) -> psycopg.Connection[tuple[Any, ...]]:
        known: psycopg.Connection[tuple[Any, ...]] | None = getattr(self._local, "one", None)
        if known is not None and not anew and not known.closed:
            return known
        if known is not None:
            known.close()
            self._opened.remove(known)
        connection = psycopg.connect(
            self._address, autocommit=True, options=_OPTIONS, application_name="worklist-dicom"
        )
        self._opened.append(connection)
        self._local.one = connection
        return connection
