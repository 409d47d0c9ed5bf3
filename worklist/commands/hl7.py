"""``worklist hl7``: try messages, send them, and keep the systems on the other side."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config import Settings

if TYPE_CHECKING:
    import ssl

    from worklist.hl7.dry_run import DryRun, OrderTrial

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_HIGHEST_PORT = 65535


@click.group()
def hl7() -> None:
    """Messages, and the systems on the other side of HL7."""


@hl7.group()
def peers() -> None:
    """Who sends messages, who gets them, and how each wants them."""


@peers.command("load")
@click.argument("file", type=_FILE)
@click.option("--overwrite", is_flag=True, help="Also what was changed on the page since.")
@click.pass_obj
def load_peers(settings: Settings, file: Path, *, overwrite: bool) -> None:
    """Apply a peers' FILE; applying it again changes nothing."""
    from worklist.clock import system_clock
    from worklist.commands.database import transaction
    from worklist.hl7.peers.service import load_file

    with transaction(settings) as session:
        changes = load_file(session, file, actor="command", now=system_clock(), overwrite=overwrite)
    click.echo(f"{file}: {changes}.")


@peers.command("save")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.pass_obj
def save_peers(settings: Settings, file: Path) -> None:
    """Write the peers in use to FILE, as `load` reads them."""
    from worklist.commands.database import transaction
    from worklist.hl7.peers import export, queries

    with transaction(settings) as session:
        entries = queries.entries(session)
    file.write_text(export.as_toml(entries), "utf-8")
    click.echo(f"{file}: {len(entries)} peers.")


@hl7.command()
@click.argument("file", type=_FILE)
@click.option("--peer", "peer", default="", help="Read it by this peer's profile.")
@click.option("--fields", is_flag=True, help="Only show its fields, without a database.")
@click.pass_obj
def explain(settings: Settings, file: Path, peer: str, *, fields: bool) -> None:
    """Show the message in FILE field by field, and what it would do; nothing is stored."""
    from worklist.hl7.segment_view import views

    raw = file.read_bytes()
    for segment in views(raw):
        click.echo(segment.name)
        for one in segment.fields:
            click.echo(f"  {one.place:<8} {one.name:<42} {one.text}")
    if fields:
        return
    result = _try(settings, raw, peer)
    click.echo("")
    click.echo("\n".join(_told(result)))
    sys.exit(1 if result.error else 0)


@hl7.command()
@click.argument("files", type=_FILE, nargs=-1, required=True)
@click.option("--to", "address", required=True, metavar="HOST:PORT", help="Where to send them.")
@click.option("--timeout", default=10.0, show_default=True, help="Seconds to wait for an answer.")
@click.option("--tls", is_flag=True, help="Speak TLS.")
@click.option("--ca", type=_FILE, help="Who may sign the receiver's certificate. Means --tls.")
@click.option("--certificate", type=_FILE, help="Who we are, for a receiver that asks.")
@click.option("--key", type=_FILE, help="The certificate's key, if it is a file of its own.")
def send(
    files: tuple[Path, ...],
    address: str,
    timeout: float,
    *,
    tls: bool,
    ca: Path | None,
    certificate: Path | None,
    key: Path | None,
) -> None:
    """Send the message in each of FILES over MLLP and print its acknowledgement."""
    from worklist.hl7.mllp_client import MllpClient, MllpError

    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= _HIGHEST_PORT:
        raise click.BadParameter("expected HOST:PORT, such as 127.0.0.1:2575", param_hint="--to")
    if key and not certificate:
        raise click.BadParameter("expected --certificate with it", param_hint="--key")
    context = _tls(ca, certificate, key) if tls or ca or certificate else None
    refused = 0
    with MllpClient(host.strip("[]"), int(port), timeout=timeout, tls=context) as client:
        for file in files:
            message = b"\r".join(file.read_bytes().splitlines()) + b"\r"
            try:
                answer = client.send(message)
            except MllpError as error:
                click.echo(f"{file}: {error}", err=True)
                sys.exit(1)
            click.echo(f"{file}:")
            for line in answer.replace(b"\n", b"").split(b"\r"):
                click.echo(f"  {line.decode('utf-8', 'replace')}" if line else "", nl=bool(line))
            refused += not any(mark in answer for mark in (b"MSA|AA", b"MSA|CA"))
    sys.exit(1 if refused else 0)


def _tls(ca: Path | None, certificate: Path | None, key: Path | None) -> "ssl.SSLContext":
    import ssl

    from worklist.transport import client_context

    try:
        return client_context(ca, certificate, key)
    except (OSError, ssl.SSLError) as error:
        text = f"a certificate or key cannot be used: {error.strerror or error}"
        raise click.ClickException(text) from error


def _try(settings: Settings, raw: bytes, peer: str) -> "DryRun":
    from functools import partial
    from zoneinfo import ZoneInfo

    from worklist.clock import system_clock
    from worklist.commands.database import sessions
    from worklist.dicom.preview import entry_lines
    from worklist.hl7.dry_run import dry_run

    with sessions(settings) as factory:
        return dry_run(
            factory,
            raw,
            now=system_clock(),
            zone=ZoneInfo(settings.time_zone),
            entry_text=partial(entry_lines, default_zone=settings.time_zone),
            peer_name=peer,
        )


def _told(result: "DryRun") -> Iterator[str]:
    yield f"Answer: {result.answer.code}"
    if result.peer:
        yield f"Peer: {result.peer}"
    if result.error:
        yield f"Error: {result.error}" + (f" ({result.place})" if result.place else "")
    if result.patient:
        yield f"Patient: {result.patient}"
    yield from (f"Note: {remark}" for remark in result.remarks)
    yield from (f"Would do: {event}" for event in result.events)
    for order in result.orders:
        yield from _order(order)


def _order(order: "OrderTrial") -> Iterator[str]:
    yield f"Order {order.placer_order_number or '-'}, accession {order.accession_number}"
    for exam in order.exams:
        when = f"{exam.starts_at:%Y-%m-%d %H:%M%z}" if exam.starts_at else ""
        yield f"  {exam.modality} {exam.description}: {exam.status} {exam.room} {when}".rstrip()
        if exam.reason:
            yield f"    {exam.reason}"
        yield from (f"    {finding}" for finding in exam.findings)
        yield from (f"      {line}" for line in exam.entry)
