"""``worklist accounts``: the first administrator, and a way back in for one who is locked out."""

import click

from config import Settings
from worklist.auth.roles import UserRole


@click.group()
def accounts() -> None:
    """The people who sign in."""


@accounts.command()
@click.argument("username")
@click.option("--name", "display_name", required=True, help="The person's name, as pages show it.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in UserRole]),
    help="What the person does; may be given several times.",
)
@click.option("--own", is_flag=True, help="The password is the person's own choice already.")
@click.password_option(help="Asked for when left out.")
@click.pass_obj
def add(
    settings: Settings,
    *,
    username: str,
    display_name: str,
    roles: tuple[str, ...],
    own: bool,
    password: str,
) -> None:
    """Create the account USERNAME; at the first sign-in the person chooses another password."""
    from worklist.auth import service as auth
    from worklist.clock import system_clock
    from worklist.commands.database import transaction

    with transaction(settings) as session:
        user = auth.create_user(
            session,
            username=username,
            display_name=display_name,
            password=password,
            roles=[UserRole(role) for role in roles],
            actor="system:command",
            now=system_clock(),
            temporary=not own,
        )
        click.echo(f"{user.username} may sign in now.")


@accounts.command("password")
@click.argument("username")
@click.option("--own", is_flag=True, help="The password is the person's own choice already.")
@click.password_option(help="Asked for when left out.")
@click.pass_obj
def set_password(settings: Settings, *, username: str, own: bool, password: str) -> None:
    """Give USERNAME another password and end its lock; the person then chooses another one."""
    from worklist.auth import queries
    from worklist.auth import service as auth
    from worklist.clock import system_clock
    from worklist.commands.database import transaction

    with transaction(settings) as session:
        user = queries.by_name(session, username)
        auth.set_password(
            session,
            user,
            password=password,
            actor="system:command",
            now=system_clock(),
            temporary=not own,
        )
        click.echo(f"{user.username} has another password now.")
