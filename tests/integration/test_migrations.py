"""The migrations make the schema that the models describe, and each has its way back."""

import itertools
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, func, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.support.department import NOW, make_exam, make_procedure, make_room, make_site
from tests.support.ports import free_port
from tests.support.stack import ROOT, variables
from worklist import migrations
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.models import PATIENT_CONSTRAINT, RESOURCE_CONSTRAINT, Reservation
from worklist.tables import metadata

# What PostgreSQL itself says of a schema: alembic compares neither checks nor exclusions.
_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           a.attidentity, pg_get_expr(d.adbin, d.adrelid)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
      AND NOT a.attisdropped AND c.relname <> 'alembic_version'
"""
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
      AND conrelid::regclass::text <> 'alembic_version' AND conrelid <> 0
"""
_INDEXES = """
    SELECT tablename, indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""
_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
_QUERIES = (_COLUMNS, _CONSTRAINTS, _INDEXES, _SEQUENCES)

Schema = dict[str, set[tuple[object, ...]]]


@pytest.fixture
def empty_engine(empty_database: str) -> Iterator[Engine]:
    engine = create_engine(empty_database)
    yield engine
    engine.dispose()


def _schema(engine: Engine) -> Schema:
    with engine.connect() as connection:
        return {
            query: {tuple(row) for row in connection.execute(text(query))} for query in _QUERIES
        }


def _downgrade(url: str, revision: str) -> None:
    command.downgrade(migrations.configuration(url), revision)


def test_up_and_down_and_up_again(empty_database: str, empty_engine: Engine) -> None:
    empty = _schema(empty_engine)
    migrations.upgrade(empty_database)
    made = _schema(empty_engine)
    assert {row[0] for row in made[_COLUMNS]} == set(metadata.tables)

    _downgrade(empty_database, "base")
    assert _schema(empty_engine) == empty

    migrations.upgrade(empty_database)
    assert _schema(empty_engine) == made


def test_every_migration_has_its_way_back(empty_database: str, empty_engine: Engine) -> None:
    script = ScriptDirectory.from_config(migrations.configuration())
    revisions = [one.revision for one in reversed(list(script.walk_revisions()))]
    before = {}
    for revision in revisions:
        before[revision] = _schema(empty_engine)
        migrations.upgrade(empty_database, revision)
    for earlier, revision in reversed(list(itertools.pairwise(["base", *revisions]))):
        _downgrade(empty_database, earlier)
        assert _schema(empty_engine) == before[revision], revision


def test_the_revisions_are_one_line() -> None:
    script = ScriptDirectory.from_config(migrations.configuration())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_models_equal_migrations(database_engine: Engine) -> None:
    with database_engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_models_equal_migrations_to_the_last_constraint(
    database_engine: Engine, empty_engine: Engine
) -> None:
    with empty_engine.begin() as connection:
        for extension in ("btree_gist", "pg_trgm", "unaccent"):
            connection.execute(text(f"CREATE EXTENSION {extension}"))
        metadata.create_all(connection)
    from_models, from_migrations = _schema(empty_engine), _schema(database_engine)
    for query in _QUERIES:
        assert from_models[query] == from_migrations[query]


def _exams(session: Session, count: int) -> list[ScheduledProcedureStep]:
    make_procedure(session)
    return [make_exam(session) for _ in range(count)]


def _hour(begin: float, end: float) -> Range[datetime]:
    return Range(NOW + timedelta(hours=begin), NOW + timedelta(hours=end))


def _reserve(
    session: Session,
    exam: ScheduledProcedureStep,
    during: Range[datetime],
    *,
    resource_id: int | None = None,
    patient_id: int | None = None,
) -> None:
    with session.begin_nested():
        session.add(
            Reservation(
                exam_id=exam.id,
                resource_id=resource_id,
                patient_id=patient_id,
                phase="scan",
                during=during,
            )
        )
        session.flush()


def test_a_room_cannot_be_booked_twice(session: Session) -> None:
    site = make_site(session)
    room, other = make_room(session, site, "CT01"), make_room(session, site, "CT02")
    first, second = _exams(session, 2)
    _reserve(session, first, _hour(1, 2), resource_id=room.id)
    for overlapping in (_hour(1, 2), _hour(1.5, 2.5), _hour(0.5, 1.1), _hour(1.2, 1.3)):
        with pytest.raises(IntegrityError, match=RESOURCE_CONSTRAINT):
            _reserve(session, second, overlapping, resource_id=room.id)
    _reserve(session, second, _hour(2, 3), resource_id=room.id)
    _reserve(session, second, _hour(0, 1), resource_id=room.id)
    _reserve(session, second, _hour(1, 2), resource_id=other.id)


def test_a_patient_cannot_be_in_two_places(session: Session) -> None:
    first, second = _exams(session, 2)
    patient = first.patient_id
    _reserve(session, first, _hour(1, 2), patient_id=patient)
    with pytest.raises(IntegrityError, match=PATIENT_CONSTRAINT):
        _reserve(session, second, _hour(1.9, 2.5), patient_id=patient)
    _reserve(session, second, _hour(2, 3), patient_id=patient)
    _reserve(session, second, _hour(1, 2), patient_id=second.patient_id)


def test_a_reservation_is_of_one_thing_and_of_some_time(session: Session) -> None:
    room = make_room(session, make_site(session), "CT01")
    (exam,) = _exams(session, 1)
    with pytest.raises(IntegrityError, match="resource_or_patient"):
        _reserve(session, exam, _hour(1, 2))
    with pytest.raises(IntegrityError, match="resource_or_patient"):
        _reserve(session, exam, _hour(1, 2), resource_id=room.id, patient_id=exam.patient_id)
    with pytest.raises(IntegrityError, match="not_empty"):
        _reserve(session, exam, _hour(1, 1), resource_id=room.id)


def test_moving_a_reservation_over_another_is_refused_too(session: Session) -> None:
    room = make_room(session, make_site(session), "CT01")
    first, second = _exams(session, 2)
    _reserve(session, first, _hour(1, 2), resource_id=room.id)
    _reserve(session, second, _hour(3, 4), resource_id=room.id)
    statement = (
        Reservation.__table__.update()  # type: ignore[attr-defined]
        .where(Reservation.exam_id == second.id)
        .values(during=func.tstzrange(NOW + timedelta(hours=1), NOW + timedelta(hours=2)))
    )
    with pytest.raises(IntegrityError, match=RESOURCE_CONSTRAINT):
        session.execute(statement)


def test_a_database_of_a_newer_program_is_refused_and_left_alone(
    empty_database: str, empty_engine: Engine
) -> None:
    migrations.upgrade(empty_database)
    with empty_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = _schema(empty_engine)
    with pytest.raises(migrations.NewerDatabaseError, match="9999"):
        migrations.upgrade(empty_database)
    assert _schema(empty_engine) == before
    assert not migrations.is_current(empty_engine)
    environ = variables(DATABASE_URL=empty_database, REDIS_URL="redis://127.0.0.1:1/0")
    done = subprocess.run(
        [sys.executable, "-m", "worklist.cli", "migrate"],
        check=False, capture_output=True, text=True, env=environ, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("worklist: The database has the schema 9999")
    assert done.stderr.count("\n") == 1


def test_an_upgrade_says_from_where_to_where(empty_database: str) -> None:
    with structlog.testing.capture_logs() as told:
        migrations.upgrade(empty_database, "0001")
        migrations.upgrade(empty_database, "0003")
        migrations.upgrade(empty_database, "0003")
    assert [(one["event"], one["before"], one["after"]) for one in told] == [
        ("schema.migrated", "empty", "0001"),
        ("schema.migrated", "0001", "0003"),
    ]


@pytest.mark.parametrize("process", ["web", "mllp", "dicom", "worker"])
def test_a_process_refuses_a_database_that_is_not_migrated(
    empty_database: str, redis_url: str, tmp_path: Path, process: str
) -> None:
    migrations.upgrade(empty_database, "0001")
    ports = dict.fromkeys(("HTTP_PORT", "MLLP_PORT", "DICOM_PORT"), str(free_port()))
    environ = variables(
        DATABASE_URL=empty_database, REDIS_URL=redis_url, DATA_DIR=str(tmp_path / "var"), **ports
    )
    done = subprocess.run(
        [sys.executable, "-m", "worklist.cli", process],
        check=False, capture_output=True, text=True, env=environ, cwd=ROOT, timeout=120,
    )  # fmt: skip
    assert done.returncode in {2, 4}
    assert "The database has the schema 0001 and this program needs" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_process_starts_where_the_database_does_not_answer_yet() -> None:
    migrations.check(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
