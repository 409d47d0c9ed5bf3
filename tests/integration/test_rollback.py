"""What is rolled back is gone; the statements that the connection has prepared are not."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError, NotSupportedError, OperationalError
from sqlalchemy.orm import Session

from tests.support.department import make_site
from worklist import db
from worklist.catalogue.models import Site
from worklist.errors import ConflictError

_PREPARED = text(
    "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT%FROM sites'"
)
# psycopg prepares what it is asked for the sixth time.
_TIMES = 7


@pytest.fixture
def sessions(database: str) -> Iterator[db.SessionFactory]:
    """Sessions that all have the same one connection."""
    engine = db.make_engine(database, pool_size=1)
    yield db.make_session_factory(engine)
    engine.dispose()


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Site)) or 0


def test_what_is_rolled_back_is_gone_and_what_is_prepared_stays(
    sessions: db.SessionFactory,
) -> None:
    for _time in range(_TIMES):
        with sessions() as session:
            make_site(session)
            assert _count(session) == 1
            session.rollback()
            assert _count(session) == 0
            session.rollback()
    with db.transaction(sessions) as session:
        assert session.scalar(_PREPARED) == 1


def test_what_was_refused_is_undone_and_what_is_prepared_stays(
    sessions: db.SessionFactory,
) -> None:
    def refused() -> None:
        with db.transaction(sessions) as session:
            _count(session)
            make_site(session)
            raise ConflictError("taken")

    for _time in range(_TIMES):
        with pytest.raises(ConflictError):
            refused()
    with db.transaction(sessions) as session:
        assert session.scalar(_PREPARED) == 1
        assert _count(session) == 0


def test_an_error_is_undone_and_the_connection_goes_on(sessions: db.SessionFactory) -> None:
    def twice() -> None:
        with db.transaction(sessions) as session:
            make_site(session)
            make_site(session)

    with pytest.raises(IntegrityError):
        twice()
    with db.transaction(sessions) as session:
        assert _count(session) == 0


def test_a_table_that_a_migration_changed_fails_once_at_most(
    sessions: db.SessionFactory, database_engine: Engine
) -> None:
    def read() -> None:
        with db.transaction(sessions) as session:
            session.execute(text("SELECT * FROM sites"))

    for _time in range(_TIMES):
        read()
    with database_engine.begin() as migration:
        migration.execute(text("ALTER TABLE sites ADD COLUMN more text"))
    with pytest.raises(NotSupportedError):
        read()
    read()


def test_a_connection_that_is_lost_is_told_as_ever(sessions: db.SessionFactory) -> None:
    with sessions() as session:
        own = session.scalar(text("SELECT pg_backend_pid()"))
        lost = text("SELECT pg_terminate_backend(:own)")
        with pytest.raises(OperationalError):
            session.execute(lost, {"own": own})
        session.rollback()
        assert _count(session) == 0
