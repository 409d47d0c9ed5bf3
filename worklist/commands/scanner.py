"""``worklist simulate scanner``: be one scanner's console, by hand."""

from datetime import date, datetime

import click

from config import Settings


@click.command()
@click.option("--aet", required=True, help="The scanner's AE title, such as CT01.")
@click.option("--host", help="The worklist server; left out: the one on this machine.")
@click.option("--port", type=click.IntRange(1, 65535), help="Its port.")
@click.option("--called", help="Its AE title.")
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day to ask for; left out: today. See --any-day.",
)
@click.option("--any-day", is_flag=True, help="Ask for every day.")
@click.option("--accession", default="", help="Ask for this order alone.")
@click.option(
    "--exams",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="How many exams to do; 0: look only.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="How long each takes.",
)
@click.option("--discontinue", is_flag=True, help="Break each off instead of completing it.")
@click.option(
    "--reason",
    nargs=2,
    default=("110514", "Incorrect worklist entry selected"),
    help="Code (DCM, CID 9300) and meaning with which it is broken off.",
)
@click.pass_obj
def scanner(
    settings: Settings,
    *,
    aet: str,
    host: str | None,
    port: int | None,
    called: str | None,
    day: datetime | None,
    any_day: bool,
    accession: str,
    exams: int,
    seconds: float,
    discontinue: bool,
    reason: tuple[str, str],
) -> None:
    """Query the worklist as a scanner, then begin and complete exams, or break them off."""
    from zoneinfo import ZoneInfo

    from worklist.clock import system_clock
    from worklist.dicom.client import PeerError
    from worklist.simulator.console import Console, play
    from worklist.stack.probes import reachable_address
    from worklist.stack.running import settings_in_use

    used = settings_in_use(settings)
    zone = ZoneInfo(used.time_zone)
    console = Console(
        ae_title=aet,
        host=host or reachable_address(used),
        port=port or used.dicom_port,
        called=called or used.ae_title,
        clock=lambda: system_clock().astimezone(zone),
    )
    wanted: date = day.date() if day is not None else console.clock().date()
    try:
        for line in play(
            console,
            day=None if any_day or accession else wanted,
            accession_number=accession,
            exams=exams,
            seconds=seconds,
            discontinue=reason if discontinue else None,
        ):
            click.echo(line)
    except PeerError as error:
        raise click.ClickException(str(error)) from error
