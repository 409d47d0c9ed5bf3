"""``worklist prune``: delete what has been kept for long enough."""

import click

from config import Settings
from worklist.setting_values import RETENTION_DAYS_LEAST

_SECONDS = 3600.0
_ACTOR = "system:command"


@click.command()
@click.option(
    "--days",
    type=click.IntRange(RETENTION_DAYS_LEAST),
    help="Keep so many days; WORKLIST_RETENTION_DAYS when left out.",
)
@click.option("--dry-run", is_flag=True, help="Only count what would be deleted.")
@click.pass_obj
def prune(settings: Settings, days: int | None, *, dry_run: bool) -> None:
    """Delete old messages, attempts to place, re-plan proposals and mails; never the record."""
    from worklist import retention
    from worklist.clock import system_clock
    from worklist.commands.database import sessions

    kept = days or settings.retention_days
    if not kept:
        raise click.UsageError("say how many --days to keep, or set WORKLIST_RETENTION_DAYS")
    with sessions(settings) as factory:
        now = system_clock()
        if dry_run:
            with factory() as session:
                rows = retention.count(session, now=now, days=kept)
        else:
            rows = retention.prune(factory, actor=_ACTOR, now=now, days=kept, seconds=_SECONDS)
    verb = "would be deleted" if dry_run else "deleted"
    for name, number in rows.items():
        click.echo(f"{number:>9} {name} {verb}")
