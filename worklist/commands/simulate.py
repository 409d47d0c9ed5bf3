"""``worklist simulate department``: try hours, rooms and policies before changing them."""

from datetime import UTC, datetime
from pathlib import Path

import click

START = datetime(2026, 1, 5, tzinfo=UTC)


@click.command()
@click.option("--weeks", type=click.IntRange(1, 52), default=8, show_default=True)
@click.option(
    "--policy",
    "policies",
    multiple=True,
    default=("standard", "first_come"),
    show_default=True,
    help="A shipped policy (standard, first_come, fixed_room) or a TOML file; several times.",
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
def department(
    *,
    weeks: int,
    policies: tuple[str, ...],
    catalogues: tuple[Path, ...],
    orders_a_day: float,
    seed: int,
    picture: Path,
) -> None:
    """Play a department for some weeks in virtual time, under each policy, and compare."""
    import worklist.tables  # noqa: F401 - procedures refer to every table
    from worklist.demonstration.load import FILES
    from worklist.simulation import report
    from worklist.simulation.demand import Parameters
    from worklist.simulation.run import play

    results = play(
        catalogues or FILES,
        policies,
        start=START,
        weeks=weeks,
        seed=seed,
        parameters=Parameters(orders_a_day=orders_a_day),
    )
    click.echo(report.table(results, 7 * weeks))
    picture.write_text(report.picture(results, 7 * weeks), "utf-8")
    click.echo(f"The picture is in {picture}.")
