"""What ``worklist up`` and ``worklist status`` print for a person."""

import ipaddress

import click

from config import Settings
from worklist.stack.probes import reachable_address


def show(settings: Settings, *, demo: bool, late: list[str], seconds: float) -> None:
    """Print where everything is: one screen."""
    host = reachable_address(settings)
    lines = [
        "",
        f"  Worklist is ready ({seconds:.1f} s)" if not late else _late(settings, late),
        "",
        f"  Pages   {web_address(settings)}",
        f"  MLLP    {host} port {settings.mllp_port}",
        f"  DICOM   {host} port {settings.dicom_port}, AE title {settings.ae_title}",
        f"  Data    {settings.data_dir}",
        f"  Logs    {settings.data_dir / 'logs'}",
        *_elsewhere(settings),
        *(_demo_lines(settings) if demo else []),
        "",
        "  Ctrl-C stops everything; the next start goes on with the data.",
        "",
    ]
    click.echo("\n".join(lines))


def stopping() -> None:
    """Print that the stack is being stopped."""
    click.echo("Stopping.")


def web_address(settings: Settings) -> str:
    """Return the address of the pages."""
    host = reachable_address(settings)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.http_port}"


def _late(settings: Settings, late: list[str]) -> str:
    return f"  Not ready: {', '.join(late)} (see {settings.data_dir / 'logs'})"


def _elsewhere(settings: Settings) -> list[str]:
    """Say where the database is when it cannot be in the data directory."""
    home = settings.data_dir / "postgres"
    if not home.is_symlink():
        return []
    return [
        f"          (its database is in {home.resolve()}: the user who runs",
        "          PostgreSQL for root cannot reach the data directory)",
    ]


def _demo_lines(settings: Settings) -> list[str]:
    from worklist.stack import demonstration  # noqa: PLC0415 - only for a demonstration

    logins = [f"    {login.name:<14}{login.does}" for login in demonstration.LOGINS]
    warning = [
        "",
        f"  Warning: WORKLIST_BIND is {settings.bind}: others can reach this demonstration,",
        "  whose password is known.",
    ]
    loopback = ipaddress.ip_address(settings.bind).is_loopback
    return [
        "",
        f"  Sign in with the password {demonstration.PASSWORD!r} as",
        *logins,
        "",
        "  At the first start its last days are played while you look: within two minutes",
        "  every page is full.",
        *([] if loopback else warning),
    ]
