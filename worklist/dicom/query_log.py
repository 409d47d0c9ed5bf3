"""Keep every worklist query for a while: who asked what, how many answers, how long it took.

Written by a thread of its own once a second, so that no scanner waits for it; what the last second
held is lost with a process that is killed.
"""

import hashlib
import queue
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session, contains_eager

from worklist import db
from worklist.dicom.models import WorklistQuery, WorklistQueryTime

_EVERY_SECONDS = 1.0
_MOST_WAITING = 10_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query that was answered."""

    calling: str
    address: str
    identifier: bytes
    transfer_syntax: str
    fuzzy_names: bool
    asked_at: datetime
    outcome: str
    answers: int
    milliseconds: float


class QueryLog:
    """Takes queries at once and writes them soon."""

    def __init__(self, sessions: db.SessionFactory) -> None:
        self._sessions = sessions
        self._waiting: queue.Queue[Asked] = queue.Queue(_MOST_WAITING)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._write_all, name="query log")

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._stopping.set()
        self._thread.join()

    def add(self, asked: Asked) -> None:
        """Take a query; while the database is away, those beyond a limit are let go."""
        try:
            self._waiting.put_nowait(asked)
        except queue.Full:
            log.warning("dicom.query_log.full")

    def _write_all(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._stopping.wait(_EVERY_SECONDS)
            batch = list(self._taken())
            if not batch:
                continue
            try:
                with db.transaction(self._sessions) as session:
                    write(session, batch)
            except Exception as error:  # noqa: BLE001 - scanners are served all the same
                log.warning("dicom.query_log.lost", queries=len(batch), error=type(error).__name__)

    def _taken(self) -> Iterator[Asked]:
        while True:
            try:
                yield self._waiting.get_nowait()
            except queue.Empty:
                return


def write(session: Session, batch: list[Asked]) -> None:
    """Store queries with two statements."""
    ids = _write_queries(session, batch)
    session.execute(
        insert(WorklistQueryTime),
        [
            {
                "query_id": ids[_key(asked)],
                "asked_at": asked.asked_at,
                "address": asked.address,
                "outcome": asked.outcome,
                "answers": asked.answers,
                "milliseconds": asked.milliseconds,
            }
            for asked in batch
        ],
    )


def _write_queries(session: Session, batch: list[Asked]) -> dict[tuple[str, str], int]:
    """Store each query once, by its newest asking; returns the ids."""
    newest = {_key(asked): asked for asked in batch}
    rows = [
        {
            "calling": asked.calling,
            "digest": digest,
            "identifier": asked.identifier,
            "transfer_syntax": asked.transfer_syntax,
            "fuzzy_names": asked.fuzzy_names,
            "last_asked_at": asked.asked_at,
        }
        for (_, digest), asked in sorted(newest.items())
    ]
    statement = postgresql.insert(WorklistQuery).values(rows)
    statement = statement.on_conflict_do_update(
        index_elements=[WorklistQuery.calling, WorklistQuery.digest],
        set_={
            "last_asked_at": statement.excluded.last_asked_at,
            "transfer_syntax": statement.excluded.transfer_syntax,
            "fuzzy_names": statement.excluded.fuzzy_names,
        },
    )
    returned = session.execute(
        statement.returning(WorklistQuery.calling, WorklistQuery.digest, WorklistQuery.id)
    )
    return {(calling, digest): query_id for calling, digest, query_id in returned}


def latest(session: Session, calling: str) -> WorklistQuery | None:
    """Return the query that a station asked last."""
    return session.scalar(
        select(WorklistQuery)
        .where(WorklistQuery.calling == calling)
        .order_by(WorklistQuery.last_asked_at.desc(), WorklistQuery.id.desc())
        .limit(1)
    )


def last_asked(session: Session, calling: Collection[str]) -> dict[str, WorklistQueryTime]:
    """Return when each of these stations asked last, by AE title, with its query."""
    newest = (
        select(WorklistQuery.id)
        .where(WorklistQuery.calling.in_(calling))
        .ext(postgresql.distinct_on(WorklistQuery.calling))
        .order_by(WorklistQuery.calling, WorklistQuery.last_asked_at.desc())
    )
    rows = session.scalars(
        select(WorklistQueryTime)
        .join(WorklistQueryTime.query)
        .where(
            WorklistQueryTime.query_id.in_(newest),
            WorklistQueryTime.asked_at == WorklistQuery.last_asked_at,
        )
        .options(contains_eager(WorklistQueryTime.query))
    )
    return {one.query.calling: one for one in rows}


def forget(session: Session, *, now: datetime, days: int) -> int:
    """Delete queries older than some days; return how many times of asking."""
    before = now - timedelta(days=days)
    forgotten = session.execute(
        delete(WorklistQueryTime).where(WorklistQueryTime.asked_at < before)
    )
    session.execute(delete(WorklistQuery).where(WorklistQuery.last_asked_at < before))
    return int(getattr(forgotten, "rowcount", 0))


def _key(asked: Asked) -> tuple[str, str]:
    return asked.calling, hashlib.sha256(asked.identifier).hexdigest()
