"""``worklist simulate department``: try hours, rooms and policies before changing them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config import Settings

if TYPE_CHECKING:
    from worklist.rules.thresholds import Thresholds
    from worklist.scheduling.policy_file import PolicyFile

START = datetime(2026, 1, 5, tzinfo=UTC)


@click.command()
@click.option("--weeks", type=click.IntRange(1, 52), default=8, show_default=True)
@click.option(
    "--policy",
    "policies",
    multiple=True,
    default=("standard", "first_come"),
    show_default=True,
    help="A shipped policy (standard, replanned, first_come, fixed_room), a TOML file, or in-use"
    " for the department's own; several times.",
)
@click.option(
    "--thresholds",
    "thresholds_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Thresholds of the rules to try (TOML) over those in use.",
)
@click.option(
    "--catalogue",
    "catalogues",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The department's catalogue files; left out: the demonstration's.",
)
@click.option("--orders", "orders_a_day", type=click.FloatRange(1), default=250, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default="simulation.svg",
    show_default=True,
    help="Where the picture goes.",
)
@click.pass_obj
def department(
    settings: Settings,
    *,
    weeks: int,
    policies: tuple[str, ...],
    thresholds_file: Path | None,
    catalogues: tuple[Path, ...],
    orders_a_day: float,
    seed: int,
    picture: Path,
) -> None:
    """Play a department for some weeks in virtual time, under each policy, and compare.

    The thresholds of the rules are those in use where there is a department's database, else as
    shipped. Nothing is changed.
    """
    import worklist.tables  # noqa: F401 - procedures refer to every table
    from worklist.demonstration.load import FILES
    from worklist.simulation import report
    from worklist.simulation.demand import Parameters
    from worklist.simulation.run import play

    thresholds, own = _own(settings, thresholds_file)
    results = play(
        catalogues or FILES,
        policies,
        start=START,
        weeks=weeks,
        seed=seed,
        parameters=Parameters(orders_a_day=orders_a_day),
        thresholds=thresholds,
        own=own,
    )
    click.echo(report.table(results, 7 * weeks))
    picture.write_text(report.picture(results, 7 * weeks), "utf-8")
    click.echo(f"The picture is in {picture}.")


def _own(settings: Settings, tried: Path | None) -> tuple["Thresholds", "PolicyFile | None"]:
    """Return the thresholds to judge by, and the department's policy where it has a database."""
    from worklist.commands import database
    from worklist.rulebook import file, queries
    from worklist.rules.parameters import with_changes
    from worklist.scheduling import policy_file
    from worklist.scheduling.policies import queries as policies

    values: dict[str, Any] = {}
    own = None
    if database.is_there(settings):
        policy_file.use(settings.policy_file)
        with database.transaction(settings) as session:
            values = queries.own_values(session)
            in_use = policy_file.written(policies.in_use(session))
            own = policy_file.checked(in_use, "the policy in use")
    if tried is not None:
        values |= file.read(tried).values
    return with_changes(values), own
