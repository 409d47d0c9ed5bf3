"""How the tour is printed."""

import click

from worklist.tour.errors import TourError

_TICK = "✓"
_CROSS = "✗"


def title(text: str) -> None:
    """Print what is done next."""
    click.echo(f"\n{click.style(text, bold=True)}")


def tell(text: str) -> None:
    """Print a line that belongs to the step."""
    click.echo(f"    {text}")


def quote(raw: bytes) -> None:
    """Print a message, one segment a line."""
    for segment in raw.decode().split("\r"):
        if segment:
            click.echo(f"    │ {segment}")


def check(holds: bool, text: str, otherwise: str, look_at: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Tick the step off.

    Raises:
        TourError: it does not hold.
    """
    if not holds:
        raise TourError(otherwise, look_at)
    click.echo(f"  {click.style(_TICK, fg='green')} {text}")


def fail(text: str, look_at: str) -> None:
    """Print what went wrong and where to look."""
    click.echo(f"  {click.style(_CROSS, fg='red')} {text}")
    click.echo(f"    Look at: {look_at}.")
