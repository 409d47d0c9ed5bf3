"""Propose plans, apply them whole or not at all, dismiss them."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist import nudge
from worklist.audit import service as audit
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling import booking
from worklist.scheduling.assessment import assess
from worklist.scheduling.attempts import Attempt, keep
from worklist.scheduling.displaced import displaced_exams
from worklist.scheduling.intervals import Interval
from worklist.scheduling.models import PlacementOutcome
from worklist.scheduling.replanning.gather import Gathered, gather
from worklist.scheduling.replanning.models import ProposalStatus, ReplanMove, ReplanProposal
from worklist.scheduling.replanning.problem import Solution, cost_of
from worklist.scheduling.replanning.solver import solve
from worklist.scheduling.search import slot_at
from worklist.scheduling.service import PLACE_TASK
from worklist.scheduling.wording import moment

DAYS = 2
SECONDS = 3.0


class PlanStaleError(ConflictError):
    """The proposal no longer fits what is booked; nothing was changed."""


def propose(
    session: Session,
    *,
    reason: str,
    actor: str,
    now: datetime,
    days: int = DAYS,
    modalities: Collection[str] | None = None,
    seconds: float = SECONDS,
) -> ReplanProposal | None:
    """Look for a better plan for the coming days and keep it as a proposal.

    Exams that need something closed by now must move; others are moved only where that costs
    less than it brings. None where no plan is better than today's: a worse one is never proposed.

    Args:
        session: Nothing but the proposal is written.
        reason: Why it is made, for the page.
        actor: Who asks for it.
        now: The present time.
        days: How many days are planned anew.
        modalities: Only exams of these; None takes those of displaced exams, else all.
        seconds: How long the solver may think.
    """
    window = Interval(now, now + timedelta(days=days))
    displaced = _displaced(session, window, modalities, now=now)
    gathered = gather(session, window, displaced=displaced, modalities=modalities, now=now)
    if not gathered.exams:
        return None
    solution = solve(gathered.problem, seconds=seconds)
    before = _present_cost(gathered)
    if solution.cost >= before:
        return None
    proposal = ReplanProposal(
        made_at=now,
        made_by=actor,
        reason=reason,
        starts_at=window.start,
        ends_at=window.end,
        considered=len(gathered.exams),
        cost_before=before,
        cost_after=solution.cost,
        moves=_moves(gathered, solution),
    )
    session.add(proposal)
    session.flush()
    _record_proposed(session, proposal)
    return proposal


def apply(session: Session, proposal_id: int, *, actor: str, now: datetime) -> ReplanProposal:
    """Move every exam of the proposal as it says, each judged by the rules again.

    Raises:
        DomainError: the proposal is not open.
        PlanStaleError: an exam, a slot or a rule's answer has changed; nothing is moved. The
            caller rolls back, then marks the proposal with `mark_stale`.
    """
    proposal = _open(session, proposal_id)
    exams = {
        one.exam_id: orders.get_exam(session, one.exam_id)
        for one in sorted(proposal.moves, key=lambda move: move.exam_id)
    }
    with session.begin_nested():
        booking.queue_for_several(
            session,
            [
                (exams[move.exam_id].patient_id, move.room_after_id)
                for move in proposal.moves
                if move.room_after_id is not None
            ],
        )
        for move in proposal.moves:
            _take_out(session, exams[move.exam_id], move, actor=actor, now=now)
        for move in proposal.moves:
            if move.room_after_id is not None and move.starts_after is not None:
                _put_in(session, exams[move.exam_id], move, actor=actor, now=now)
    _decide(proposal, ProposalStatus.APPLIED, actor, now)
    session.flush()
    audit.record(
        session,
        "replan.applied",
        actor=actor,
        now=now,
        proposal=proposal.id,
        moves=len(proposal.moves),
    )
    return proposal


def dismiss(session: Session, proposal_id: int, *, actor: str, now: datetime) -> ReplanProposal:
    """Say that the proposal is not wanted.

    Raises:
        DomainError: it is not open.
    """
    proposal = _open(session, proposal_id)
    _decide(proposal, ProposalStatus.DISMISSED, actor, now)
    session.flush()
    audit.record(session, "replan.dismissed", actor=actor, now=now, proposal=proposal.id)
    return proposal


def mark_stale(
    session: Session, proposal_id: int, note: str, *, actor: str, now: datetime
) -> ReplanProposal:
    """Note why the proposal can no longer be applied.

    Raises:
        DomainError: it is not open.
    """
    proposal = _open(session, proposal_id)
    _decide(proposal, ProposalStatus.STALE, actor, now)
    proposal.note = note
    session.flush()
    audit.record(
        session, "replan.outdated", actor=actor, now=now, proposal=proposal.id, reason=note
    )
    return proposal


def _displaced(
    session: Session, window: Interval, modalities: Collection[str] | None, *, now: datetime
) -> list[ScheduledProcedureStep]:
    """Return the exams of these modalities, or of all, that cannot stay where they are."""
    return [
        one
        for one in displaced_exams(session, window, now=now)
        if modalities is None or one.modality in modalities
    ]


def _record_proposed(session: Session, proposal: ReplanProposal) -> None:
    audit.record(
        session,
        "replan.proposed",
        actor=proposal.made_by,
        now=proposal.made_at,
        proposal=proposal.id,
        moves=len(proposal.moves),
        reason=proposal.reason,
    )


def _open(session: Session, proposal_id: int) -> ReplanProposal:
    proposal = session.scalar(
        select(ReplanProposal).where(ReplanProposal.id == proposal_id).with_for_update()
    )
    if proposal is None:
        raise NotFoundError(_("There is no proposal %(proposal_id)s.", proposal_id=proposal_id))
    if proposal.status is not ProposalStatus.OPEN:
        raise DomainError(_("This proposal is %(status)s already.", status=proposal.status))
    return proposal


def _decide(proposal: ReplanProposal, status: ProposalStatus, actor: str, now: datetime) -> None:
    proposal.status, proposal.decided_by, proposal.decided_at = status, actor, now


def _present_cost(gathered: Gathered) -> float:
    """Return what today's plan costs: a displaced exam has no place in it."""
    costs = gathered.problem.costs
    return sum(
        cost_of(exam, None if exam.must_leave else exam.present, costs)
        for exam in gathered.problem.exams
    )


def _moves(gathered: Gathered, solution: Solution) -> list[ReplanMove]:
    moves = []
    for task in gathered.problem.exams:
        place = solution.places.get(task.id)
        # Who must leave and keeps room and time is booked anew, with another nurse or bay.
        if place == task.present and place is not None and not task.must_leave:
            continue
        exam = gathered.exams[task.id]
        starts_after = gathered.grid.moment(place[1]) if place else None
        moves.append(
            ReplanMove(
                exam_id=exam.id,
                exam_version=exam.version,
                room_before_id=exam.room_id,
                starts_before=exam.starts_at,
                room_after_id=place[0] if place else None,
                starts_after=starts_after,
                must_call=task.is_called and starts_after != exam.starts_at,
            )
        )
    return moves


def _take_out(
    session: Session,
    exam: ScheduledProcedureStep,
    move: ReplanMove,
    *,
    actor: str,
    now: datetime,
) -> None:
    if exam.version != move.exam_version or exam.status is not StepStatus.SCHEDULED:
        raise PlanStaleError(_("%(exam)s was changed meanwhile.", exam=_named(exam)))
    booking.unschedule(session, exam, reason=_("Planned anew."), actor=actor, now=now)
    exam.automatic_placement = True
    session.flush()
    nudge.task(session, PLACE_TASK, exam.id)


def _put_in(
    session: Session,
    exam: ScheduledProcedureStep,
    move: ReplanMove,
    *,
    actor: str,
    now: datetime,
) -> None:
    assessment = assess(session, exam, now=now)
    candidate = next(
        (one for one in assessment.eligible if one.room.id == move.room_after_id), None
    )
    if candidate is None or assessment.blocks or assessment.holds or move.starts_after is None:
        raise PlanStaleError(_("A rule now keeps %(exam)s away.", exam=_named(exam)))
    slot = slot_at(session, exam, assessment, candidate, move.starts_after, now=now)
    if slot is None or not booking.take(
        session, exam, candidate.room, slot, assessment.plan, actor=actor, now=now
    ):
        raise PlanStaleError(
            _(
                "%(code)s is no longer free for %(exam)s.",
                code=candidate.room.code,
                exam=_named(exam),
            )
        )
    summary = _(
        "%(room_code)s on %(when)s: planned anew. %(reason)s",
        room_code=slot.room_code,
        when=moment(slot.starts_at, slot.zone),
        reason=move.proposal.reason,
    )
    placed = Attempt(PlacementOutcome.PLACED, summary, chosen=slot)
    keep(session, exam, assessment, placed, actor=actor, now=now)


def _named(exam: ScheduledProcedureStep) -> str:
    """Return what a clerk finds the exam by; the note is kept, so it names no person."""
    return f"{exam.description} ({exam.order.accession_number})"
