"""The fixtures that other tests build on."""

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.orm import Session


def test_database_has_the_schema_and_no_rows(database: str) -> None:
    engine = create_engine(database)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM patients")) == 0
    engine.dispose()


def test_session_reaches_the_migrated_schema(session: Session) -> None:
    assert inspect(session.connection()).has_table("alembic_version")
    session.execute(text("CREATE TABLE left_behind ()"))
    session.commit()
    assert inspect(session.connection()).has_table("left_behind")


def test_session_leaves_nothing_behind(session: Session) -> None:
    assert not inspect(session.connection()).has_table("left_behind")
