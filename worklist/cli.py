"""The ``worklist`` command: it reads the settings and hands over; imports wait until needed."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
from sqlalchemy.exc import OperationalError

from config import Settings, SettingsError, load_settings, variable
from worklist.commands.accounts import accounts
from worklist.commands.backup import backup, restore
from worklist.commands.hl7 import hl7
from worklist.commands.policy import policy
from worklist.commands.replan import replan
from worklist.commands.retention import prune
from worklist.commands.rules import rules
from worklist.commands.scanner import scanner
from worklist.commands.settings import settings
from worklist.commands.simulate import department
from worklist.errors import DomainError
from worklist.stack import StartError

_USAGE_ERROR = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="worklist")
@click.pass_context
def cli(context: click.Context) -> None:
    """Run a radiology department: orders in, exams placed, scanners served, exams read.

    Settings are environment variables named WORKLIST_*.
    """
    context.obj = load_settings()


@cli.command()
@click.option("--demo", is_flag=True, help="Load the demonstration department and its users.")
@click.option("--no-simulator", is_flag=True, help="Do not play the hospital and the scanners.")
@click.pass_obj
def up(settings: Settings, *, demo: bool, no_simulator: bool) -> None:
    """Start everything on this machine and keep it running until Ctrl-C."""
    from worklist.stack.up import run

    run(settings, demo=demo, simulator=demo and not no_simulator)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status(settings: Settings, *, as_json: bool) -> None:
    """Print what is running, where, and whether it is ready; exit 0 only when all is."""
    from worklist.stack.status import look, table

    _quiet(settings)
    found = look(settings)
    click.echo(json.dumps(found.as_dict(), indent=2) if as_json else table(found))
    sys.exit(0 if found.ready else 1)


@cli.command()
@click.pass_obj
def web(settings: Settings) -> None:
    """Serve the pages, the APIs, HL7 over HTTP and the event streams."""
    from worklist.stack.web_server import serve

    serve(_complete(settings))


@cli.command()
@click.pass_obj
def mllp(settings: Settings) -> None:
    """Receive HL7 v2 over MLLP."""
    from worklist.hl7.mllp import serve

    _serve_with_nudges(settings, "mllp", serve)


@cli.group(invoke_without_command=True)
@click.pass_context
def dicom(context: click.Context) -> None:
    """Serve scanners: verification, modality worklist, performed procedure steps."""
    from worklist.dicom.processes import serve

    if context.invoked_subcommand is None:
        _serve_with_nudges(context.obj, "dicom", serve)


@dicom.command()
@click.argument("accession_number")
@click.option("--station", required=True, help="The scanner's AE title.")
@click.pass_obj
def explain(settings: Settings, accession_number: str, station: str) -> None:
    """Say why the exams of an order are, or are not, on a scanner's list."""
    import worklist.tables  # noqa: F401 - a row may refer to any table
    from worklist import db
    from worklist.clock import system_clock
    from worklist.dicom import explain_screen
    from worklist.stack.servers import database

    _quiet(settings)
    with database(settings) as url:
        engine = db.make_engine(url)
        with db.make_session_factory(engine)() as session:
            text = explain_screen.text(
                session,
                accession_number,
                station,
                now=system_clock(),
                default_zone=settings.time_zone,
            )
        engine.dispose()
    click.echo(text)


@cli.command()
@click.pass_obj
def worker(settings: Settings) -> None:
    """Run the Celery workers."""
    from worklist.stack.celery_processes import run_worker

    run_worker(_complete(settings))


@cli.command()
@click.pass_obj
def beat(settings: Settings) -> None:
    """Start the periodic sweeps; run exactly one."""
    from worklist.stack.celery_processes import run_beat

    run_beat(_complete(settings))


@cli.command()
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Bring the database's schema up to date."""
    from worklist import migrations
    from worklist.stack.servers import database

    with database(settings) as url:
        migrations.upgrade(url)
    click.echo("The schema is up to date.")


@cli.group()
def catalogue() -> None:
    """The department's rooms, staff, hours and procedures."""


@catalogue.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Also what people changed last, on pages.")
@click.pass_obj
def load(settings: Settings, file: Path, *, overwrite: bool) -> None:
    """Apply a catalogue FILE; applying it again changes nothing."""
    from worklist.catalogue.load import load_file
    from worklist.clock import system_clock
    from worklist.commands.database import transaction

    with transaction(settings) as session:
        changes = load_file(session, file, actor="command", now=system_clock(), overwrite=overwrite)
    click.echo(f"{file}: {changes}.")


@cli.command()
@click.pass_obj
def demo(settings: Settings) -> None:
    """Take one order through the running department and check every step."""
    from worklist.tour import run

    _quiet(settings)
    sys.exit(run(_complete(settings)))


@cli.group(invoke_without_command=True)
@click.pass_context
def simulate(context: click.Context) -> None:
    """Play the hospital and the scanners against the running department."""
    if context.invoked_subcommand is None:
        from worklist.simulator import run

        _serve(context.obj, "simulate", run)


cli.add_command(accounts)
cli.add_command(backup)
cli.add_command(restore)
cli.add_command(hl7)
simulate.add_command(department)
simulate.add_command(scanner)
cli.add_command(replan)
cli.add_command(policy)
cli.add_command(prune)
cli.add_command(rules)
cli.add_command(settings)


def _serve(settings: Settings, process: str, serve: Callable[[Settings], Any]) -> None:
    from worklist import logs

    logs.configure(settings, process)
    serve(_complete(settings))


def _serve_with_nudges(settings: Settings, process: str, serve: Callable[..., None]) -> None:
    import worklist.tables  # noqa: F401 - a flush follows foreign keys to every table
    from workers.app import RedisTransport
    from worklist import migrations

    def start(used: Settings) -> None:
        migrations.check(used.require_database_url())
        serve(used, RedisTransport(used))

    _serve(settings, process, start)


def _complete(settings: Settings) -> Settings:
    """Add what the running stack or the data directory knows to what is set."""
    from worklist.stack import folders
    from worklist.stack.running import settings_in_use
    from worklist.stack.secret_settings import with_kept_secrets

    used = settings_in_use(settings)
    if used.secret_key is None:
        folders.prepare(used.data_dir)
    return with_kept_secrets(used)


def _quiet(settings: Settings) -> None:
    """Keep a command's screen to what it prints: only errors are logged."""
    from worklist import logs

    quiet = "DEBUG" if settings.log_level == "DEBUG" else "ERROR"
    logs.configure(settings.model_copy(update={"log_level": quiet}), "command")


def main() -> None:
    """Run the command; what a person can put right is one line and exit code 2."""
    try:
        cli()
    except (SettingsError, StartError, DomainError) as error:
        _give_up(str(error))
    except OperationalError as error:
        said = str(error.orig).strip().partition("\n")[0]
        _give_up(
            f"the database does not answer: {said}. See that it runs, and that "
            f"{variable('database_url')} is its address"
        )


def _give_up(reason: str) -> NoReturn:
    click.echo(f"worklist: {reason}", err=True)
    sys.exit(_USAGE_ERROR)


if __name__ == "__main__":
    main()
