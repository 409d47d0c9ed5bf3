"""What a task needs: the settings of its process and a transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy.orm import Session

from config import Settings
from worklist import db

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
