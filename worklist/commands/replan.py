"""``worklist replan``: look for a better plan, show it, apply it."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from config import Settings
from worklist.catalogue.models import Room
from worklist.scheduling.replanning.models import ReplanMove, ReplanProposal
from worklist.scheduling.wording import moment


@click.group(invoke_without_command=True)
@click.option("--days", type=click.IntRange(1, 14), default=2, show_default=True)
@click.option("--modality", "modalities", multiple=True, help="Only exams of this modality.")
@click.option("--reason", default="Asked for by command.", show_default=True)
@click.pass_context
def replan(context: click.Context, days: int, modalities: tuple[str, ...], reason: str) -> None:
    """Propose a better plan for the coming days and print it; nothing is moved yet."""
    if context.invoked_subcommand is not None:
        return
    from worklist.clock import system_clock
    from worklist.commands.database import transaction
    from worklist.scheduling import policy_file
    from worklist.scheduling.replanning import service

    settings: Settings = context.obj
    policy_file.use(settings.policy_file)
    with transaction(settings) as session:
        made = service.propose(
            session,
            reason=reason,
            actor="system:command",
            now=system_clock(),
            days=days,
            modalities=set(modalities) or None,
            seconds=settings.replan_seconds,
        )
        if made is None:
            click.echo("No plan is better than today's.")
            return
        click.echo(_text(made))


@replan.command()
@click.argument("proposal", type=int)
@click.pass_obj
def apply(settings: Settings, proposal: int) -> None:
    """Move every exam as PROPOSAL says, or none if it no longer fits."""
    from worklist.clock import system_clock
    from worklist.commands.database import transaction
    from worklist.scheduling.replanning import service

    with transaction(settings) as session:
        made = service.apply(session, proposal, actor="system:command", now=system_clock())
        click.echo(f"Proposal {made.id} is applied: {len(made.moves)} exams have moved.")


def _text(proposal: ReplanProposal) -> str:
    calls = sum(move.must_call for move in proposal.moves)
    lines = [
        f"Proposal {proposal.id}: {len(proposal.moves)} of {proposal.considered} exams move.",
        f"Patients to call: {calls}.",
        *_lines(proposal.moves),
        f"Apply it with: worklist replan apply {proposal.id}",
    ]
    return "\n".join(lines)


def _lines(moves: Iterable[ReplanMove]) -> Iterable[str]:
    for move in moves:
        before = place(move.room_before, move.starts_before)
        after = place(move.room_after, move.starts_after)
        call = "  call" if move.must_call else ""
        number = move.exam.order.accession_number
        yield f"  {number:16}  {before}  ->  {after}{call}"


def place(room: Room | None, starts_at: datetime | None) -> str:
    """Tell a room and a time, by the clock of the room's site."""
    if room is None or starts_at is None:
        return "no place in these days"
    return f"{room.code} {moment(starts_at, ZoneInfo(room.resource.site.time_zone))}"
