"""What a task needs: the settings of its process, a transaction, whether its night has come."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy.orm import Session

from config import Settings
from worklist import db, nightly
from worklist.clock import system_clock

ACTOR = "system:worker"

_of_process: dict[str, Settings] = {}


def use(settings: Settings) -> None:
    """Set the settings of this process."""
    _of_process["settings"] = settings


def settings() -> Settings:
    """Return the settings of this process."""
    return _of_process["settings"]


@cache
def _session_factory(url: str) -> db.SessionFactory:
    return db.make_session_factory(db.make_engine(url, pool_size=2))


def sessions() -> db.SessionFactory:
    """Return the factory of this process's sessions, for work that needs several transactions."""
    return _session_factory(settings().require_database_url())


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a session of this process's engine; commit at the end."""
    with db.transaction(sessions()) as session:
        yield session


def begin_nightly(session: Session, name: str) -> bool:
    """Tell whether this work of the night is due, and if so note in the session that it is begun.

    A task of the night is sent every few minutes, and asks this first.
    """
    used = settings()
    return nightly.begin(
        session, name, now=system_clock(), hour=used.night_hour, default_zone=used.time_zone
    )
