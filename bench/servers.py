"""Real servers for benchmarks, in a folder that is gone afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from config import Settings
from tests.support.stack import Stack, running_stack
from worklist import db, migrations
from worklist.stack import folders, postgres, redis


@contextmanager
def folder() -> Iterator[Path]:
    """Give a new folder that root's embedded servers, who run as another user, can reach."""
    with tempfile.TemporaryDirectory(prefix="worklist-bench-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@contextmanager
def _settings() -> Iterator[Settings]:
    """Give the settings of embedded servers in a folder of their own."""
    with folder() as place:
        settings = Settings.read({"WORKLIST_DATA_DIR": str(place / "var")})
        folders.prepare(settings.data_dir)
        yield settings


@contextmanager
def database() -> Iterator[str]:
    """Give the address of a migrated database on a server of its own."""
    with _settings() as settings:
        server = postgres.start(settings)
        try:
            migrations.upgrade(server.url)
            yield server.url
        finally:
            server.stop()


def vacuum(sessions: db.SessionFactory) -> None:
    """Do what autovacuum does within minutes: only then can an index alone be read."""
    with sessions() as session:
        connection = session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        connection.execute(text("VACUUM ANALYZE"))


@contextmanager
def broker() -> Iterator[str]:
    """Give the address of a Redis of its own."""
    with _settings() as settings:
        server = redis.start(settings)
        try:
            yield server.url
        finally:
            server.stop()


@contextmanager
def stack() -> Iterator[Stack]:
    """Run the whole department with its demonstration data and nobody else in it."""
    with folder() as place, running_stack(place / "var") as running:
        yield running
