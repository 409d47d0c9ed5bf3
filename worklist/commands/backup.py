"""``worklist backup`` and ``worklist restore``: the whole database in one file."""

import os
import subprocess
from pathlib import Path
from typing import IO

import click

from config import Settings
from worklist.stack import StartError


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(settings: Settings, file: Path) -> None:
    """Write the whole database into FILE, while the department works or not."""
    from worklist.stack.servers import database

    if file.exists():
        raise StartError(f"{file} is there already: name a new file")
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        # It holds patients: nobody else may read it.
        with os.fdopen(_private(part), "wb") as output, database(settings) as url:
            _run(["pg_dump", "--format=custom", "--no-owner"], url, output)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"{file}: {file.stat().st_size / 1_000_000:.1f} MB.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def restore(settings: Settings, file: Path) -> None:
    """Read FILE into an empty database; `worklist up` then brings its schema up to date."""
    from worklist.stack.servers import database

    with database(settings) as url:
        if _holds_tables(url):
            raise StartError(
                "the database holds a department already: restore into another WORKLIST_DATA_DIR, "
                "or into an empty database"
            )
        how = ["--no-owner", "--single-transaction", "--exit-on-error"]
        _run(["pg_restore", *how, f"--dbname={_parts(url)['PGDATABASE']}", str(file)], url)
    click.echo(f"{file} is restored: start the department with `worklist up`.")


def _private(file: Path) -> int:
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _holds_tables(url: str) -> bool:
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    try:
        return bool(sqlalchemy.inspect(engine).get_table_names())
    finally:
        engine.dispose()


def _parts(url: str) -> dict[str, str]:
    """Return an address as PostgreSQL's programs read it: no argument list shows the password."""
    from sqlalchemy import make_url

    made = make_url(url)
    parts = {
        "PGHOST": made.host,
        "PGPORT": made.port,
        "PGUSER": made.username,
        "PGPASSWORD": made.password,
        "PGDATABASE": made.database,
    }
    more = {f"PG{name.upper()}": value for name, value in made.query.items()}
    return {name: str(value) for name, value in (parts | more).items() if value is not None}


def _run(command: list[str], url: str, output: IO[bytes] | None = None) -> None:
    """Run one of PostgreSQL's own programs.

    Raises:
        StartError: it fails; its last words say why.
    """
    from worklist.stack.postgres import client_program

    program = str(client_program(command[0]))
    environ = {"PATH": os.defpath, "LC_ALL": "C"} | _parts(url)
    done = subprocess.run(
        [program, *command[1:]],
        env=environ,
        stdout=output or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise StartError(f"{command[0]} failed: {lines[-1] if lines else done.returncode}")
