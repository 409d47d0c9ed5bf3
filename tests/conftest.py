"""What every test may use: the embedded servers, a database of its own, a session."""

import itertools
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import hypothesis
import psycopg
import pytest
import redis as redis_client
import structlog
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from config import Settings
from tests.support import engines, programs
from tests.support.inbox import Inbox, furnished
from tests.support.live import mllp_server
from worklist import db, migrations
from worklist.stack import folders, postgres, redis

_numbers = itertools.count(1)
_TEMPLATE = "template_worklist"
# What a power cut would lose, a test does not miss.
_HASTE = ("fsync", "synchronous_commit", "full_page_writes")
# A copy of a database is some three hundred files: in memory it takes a tenth of a disk's time.
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of a random name is made in it
_ENOUGH_MEMORY = 2 * 1024**3

# The same examples on every machine and day, for however long they take there.
hypothesis.settings.register_profile(
    "worklist",
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("worklist")


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Logs as they were: a command that runs in this process sets them up as for its own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def _quickest_folder() -> Path | None:
    """Return the folder that is kept in memory where there is one with room, else none."""
    if not os.access(_MEMORY, os.W_OK) or shutil.disk_usage(_MEMORY).free < _ENOUGH_MEMORY:
        return None
    return _MEMORY


@pytest.fixture(scope="session")
def stack_settings() -> Iterator[Settings]:
    """Settings of the session's embedded servers, in a folder of their own.

    Others may pass through it, as through a clone in an ordinary place: root's servers run as
    another user and would keep their data elsewhere.
    """
    with tempfile.TemporaryDirectory(prefix="worklist-tests-", dir=_quickest_folder()) as folder:
        Path(folder).chmod(0o711)
        settings = Settings.read({"WORKLIST_DATA_DIR": f"{folder}/var"})
        folders.prepare(settings.data_dir)
        yield settings


@pytest.fixture(scope="session")
def postgres_server(stack_settings: Settings) -> Iterator[postgres.PostgresServer]:
    server = postgres.start(stack_settings)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_url(stack_settings: Settings) -> Iterator[str]:
    """The address of an embedded Redis that lasts for the session; see `empty_redis`."""
    server = redis.start(stack_settings)
    yield server.url
    server.stop()


def _flushed(url: str) -> str:
    with redis_client.Redis.from_url(url) as client:
        client.flushall()
    return url


@pytest.fixture(scope="module")
def module_redis(redis_url: str) -> str:
    """The session's Redis, flushed for this module."""
    return _flushed(redis_url)


@pytest.fixture
def empty_redis(redis_url: str) -> str:
    """The session's Redis, flushed for this test."""
    return _flushed(redis_url)


class DatabaseServer:
    """Makes and drops databases of the session's PostgreSQL, all over one connection."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        plain = self._url.set(drivername="postgresql", database="postgres")
        self._connection = psycopg.connect(
            plain.render_as_string(hide_password=False), autocommit=True
        )

    def close(self) -> None:
        self._connection.close()

    def run(self, statement: str, *names: str) -> None:
        self._connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def address(self, name: str) -> str:
        """Return the address of the database of this name."""
        return self._url.set(database=name).render_as_string(hide_password=False)

    def copy(self, template: str) -> Iterator[str]:
        """Give the address of a copy, and drop it."""
        name = f"test_{next(_numbers)}"
        self.run("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        yield self.address(name)
        self.run("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(scope="session")
def database_server(postgres_server: postgres.PostgresServer) -> Iterator[DatabaseServer]:
    """The session's PostgreSQL, in a haste."""
    with closing(DatabaseServer(postgres_server.url)) as server:
        for setting in _HASTE:
            server.run(f"ALTER SYSTEM SET {setting} = off")
        server.run("SELECT pg_reload_conf()")
        yield server


@pytest.fixture(scope="session")
def template_database(database_server: DatabaseServer) -> str:
    """The name of a database with the schema and no rows, to copy from."""
    database_server.run("CREATE DATABASE {}", _TEMPLATE)
    migrations.upgrade(database_server.address(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture(scope="session")
def database_url(database_server: DatabaseServer, template_database: str) -> Iterator[str]:
    """The address of the migrated database that the tests share: never commit to it."""
    yield from database_server.copy(template_database)


@pytest.fixture(scope="module")
def module_database(database_server: DatabaseServer, template_database: str) -> Iterator[str]:
    """The address of a migrated database of this module's own, to commit to."""
    yield from database_server.copy(template_database)


@pytest.fixture
def database(database_server: DatabaseServer, template_database: str) -> Iterator[str]:
    """The address of a migrated database of this test's own, to commit to."""
    yield from database_server.copy(template_database)


@pytest.fixture
def empty_database(database_server: DatabaseServer) -> Iterator[str]:
    """The address of a database of this test's own without any schema."""
    yield from database_server.copy("template1")


@pytest.fixture
def database_engine(database: str) -> Iterator[Engine]:
    """An engine on this test's own database."""
    with engines.lent(database) as engine:
        yield engine


@pytest.fixture
def session_factory(database_engine: Engine) -> db.SessionFactory:
    """Sessions on this test's own database, for tests that really commit."""
    return db.make_session_factory(database_engine)


@pytest.fixture(scope="session")
def _shared_engine(database_url: str) -> Iterator[Engine]:
    engine = db.make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(_shared_engine: Engine) -> Iterator[Session]:
    """A session whose work, commits included, is rolled back when the test ends."""
    with _shared_engine.connect() as connection:
        outer = connection.begin()
        with Session(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as session:
            yield session
        outer.rollback()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The defaults, free ports and a data directory of this test's own; no servers."""
    values = dict.fromkeys(("HTTP_PORT", "MLLP_PORT", "DICOM_PORT"), "0")
    values["DATA_DIR"] = str(tmp_path / "var")
    return Settings.read({f"WORKLIST_{name}": value for name, value in values.items()})


@pytest.fixture
def inbox(session_factory: db.SessionFactory) -> Inbox:
    """The HL7 inbox of a small department, over this test's own database."""
    return furnished(session_factory)


@pytest.fixture
def port(settings: Settings, inbox: Inbox) -> Iterator[int]:
    """The port of an MLLP server of that inbox."""
    with mllp_server(settings, inbox.sessions) as port:
        yield port


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count what was skipped for want of a program, or of what else the machine lacks."""
    skipped = programs.count_skips(terminalreporter.stats.get("skipped", []))
    for name, count in sorted(skipped.items()):
        terminalreporter.write_line(f"skipped {count} tests: {name} is not there")
