"""``worklist settings``: every setting, what is expected of it and what it is."""

import click
from pydantic import SecretStr

from config import PRIVATE, Settings, variable

_HIDDEN = "(set)"


@click.command()
@click.pass_obj
def settings(used: Settings) -> None:
    """Print every setting, its value and what is expected; secrets are not shown."""
    click.echo("\n".join(_line(used, name) for name in Settings.model_fields))


def _line(used: Settings, name: str) -> str:
    expected = Settings.model_fields[name].description or ""
    return f"{variable(name):<32} {_shown(used, name):<20} {expected}"


def _shown(used: Settings, name: str) -> str:
    value = getattr(used, name)
    if value is None or value == "":
        return "(not set)"
    return _HIDDEN if name in PRIVATE or isinstance(value, SecretStr) else str(value)
