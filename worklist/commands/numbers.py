"""Print numbers that a department may change, and the changes that it made."""

from collections.abc import Container, Iterable, Mapping
from typing import Any

import click

from worklist.rulebook.models import Change
from worklist.rules import describe
from worklist.rules.parameters import Parameter


def print_values(
    known: Mapping[str, Parameter], in_use: Mapping[str, Any], own: Container[str]
) -> None:
    """Print every number: the value in use, and what is shipped where that is the department's."""
    for name, one in known.items():
        shipped = f" (shipped: {describe.value(one.value)})" if name in own else ""
        click.echo(f"{name} = {describe.quantity(in_use[name], one)}{shipped}")


def print_history(changes: Iterable[Change]) -> None:
    """Print each change: when, from what to what, who and why."""
    for one in changes:
        after = "as shipped" if one.after is None else describe.value(one.after)
        click.echo(
            f"{one.changed_at:%Y-%m-%d %H:%M} {one.name}: {describe.value(one.before)} -> {after}, "
            f"{one.actor}: {one.reason}"
        )
