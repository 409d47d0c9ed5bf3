"""A backup is the whole database in one file, and comes back in an empty one."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text

from tests.support.department import make_patient
from worklist import db
from worklist.cli import cli
from worklist.stack import StartError


def run(url: str, *arguments: str) -> Result:
    environ = {"WORKLIST_DATABASE_URL": url}
    return CliRunner().invoke(cli, arguments, env=environ)


def rows(url: str) -> tuple[int, str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        number = connection.execute(text("SELECT count(*) FROM patients")).scalar_one()
        schema = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    engine.dispose()
    return number, schema


def test_a_department_comes_back_from_its_backup(
    database: str, empty_database: str, session_factory: db.SessionFactory, tmp_path: Path
) -> None:
    with db.transaction(session_factory) as session:
        make_patient(session)
    file = tmp_path / "night.dump"
    made = run(database, "backup", str(file))
    assert made.exit_code == 0, made.output
    assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [file]
    restored = run(empty_database, "restore", str(file))
    assert restored.exit_code == 0, restored.output
    assert rows(empty_database) == rows(database)
    assert rows(database)[0] == 1
    again = run(empty_database, "restore", str(file))
    assert isinstance(again.exception, StartError)
    assert "holds a department already" in str(again.exception)


def test_no_backup_is_written_over(database: str, tmp_path: Path) -> None:
    file = tmp_path / "night.dump"
    file.write_bytes(b"yesterday")
    assert "is there already" in str(run(database, "backup", str(file)).exception)
    assert file.read_bytes() == b"yesterday"


def test_a_backup_that_fails_leaves_no_file(tmp_path: Path) -> None:
    nowhere = "postgresql://nobody:none@127.0.0.1:1/none"
    failed = run(nowhere, "backup", str(tmp_path / "night.dump"))
    assert isinstance(failed.exception, StartError)
    assert "pg_dump failed" in str(failed.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no backup at all"])
def test_a_file_that_is_no_backup_is_refused(
    empty_database: str, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "wrong.dump"
    file.write_bytes(content)
    failed = run(empty_database, "restore", str(file))
    assert isinstance(failed.exception, StartError)
    assert "pg_restore failed" in str(failed.exception)
