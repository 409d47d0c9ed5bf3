"""``worklist policy``: by which numbers exams are placed, and who changed them."""

from pathlib import Path

import click

from config import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ACTOR = "system:command"


@click.group()
def policy() -> None:
    """The numbers by which a slot is chosen."""


@policy.command("list")
@click.pass_obj
def list_numbers(settings: Settings) -> None:
    """Print every number: the value in use, and what is shipped where that differs."""
    from worklist.commands.database import transaction
    from worklist.commands.numbers import print_values
    from worklist.scheduling import policy_file
    from worklist.scheduling.policies import queries
    from worklist.scheduling.policies.parameters import parameters

    policy_file.use(settings.policy_file)
    with transaction(settings) as session:
        in_use = policy_file.written(queries.in_use(session))
        own = queries.own_values(session)
    print_values(parameters(), in_use, own)


@policy.command()
@click.argument("file", type=_FILE)
@click.option("--reason", required=True, help="Kept with every change.")
@click.pass_obj
def load(settings: Settings, file: Path, reason: str) -> None:
    """Put the numbers of FILE (TOML) in use; what it leaves out stays as it is."""
    from worklist.clock import system_clock
    from worklist.commands.database import transaction
    from worklist.scheduling import policy_file
    from worklist.scheduling.policies import service

    policy_file.use(settings.policy_file)
    content = policy_file.read(file).model_dump(
        mode="json", exclude_unset=True, exclude=set(policy_file.WAYS)
    )
    with transaction(settings) as session:
        changed = service.change(session, content, reason=reason, actor=_ACTOR, now=system_clock())
    click.echo(f"{file}: changed {', '.join(changed)}." if changed else f"{file}: nothing changed.")


@policy.command()
@click.pass_obj
def history(settings: Settings) -> None:
    """Print who changed which number, when, from what to what, and why."""
    from worklist.commands.database import transaction
    from worklist.commands.numbers import print_history
    from worklist.scheduling.policies import queries

    with transaction(settings) as session:
        print_history(queries.history(session))
