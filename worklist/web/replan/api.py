"""Re-plan proposals for programs: make, read, apply, dismiss."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.scheduling.replanning import queries, service
from worklist.scheduling.replanning.models import ProposalStatus, ReplanMove, ReplanProposal
from worklist.web import context
from worklist.web.api.exams import ExamSummary, RoomName
from worklist.web.api.fields import After, Input, ListQuery, Output, Page, SortedBy
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.replan.page import MOST_DAYS, apply_whole
from worklist.web.replan.queries import proposals, sorting

api = Operations("Re-planning", "Plans for the exams of some days, applied whole or not at all.")


class PlanQuestion(Input):
    """For how many days to plan, and why."""

    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = service.DAYS
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class ProposalSummary(Output):
    """A proposal; costs are in five minutes of a routine patient's waiting."""

    id: int
    status: ProposalStatus
    made_at: datetime
    made_by: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    considered: int
    cost_before: float
    cost_after: float
    note: str
    decided_at: datetime | None
    decided_by: str | None


class Move(Output):
    """One exam's place before and after; ``must_call``: the patient is at home."""

    exam: ExamSummary
    room_before: RoomName | None
    starts_before: datetime | None
    room_after: RoomName | None
    starts_after: datetime | None
    must_call: bool

    @classmethod
    def of(cls, move: ReplanMove) -> Self:
        """Describe a move."""
        return cls.made_of(
            move,
            exam=ExamSummary.of(move.exam),
            room_before=RoomName.of(move.room_before),
            room_after=RoomName.of(move.room_after),
        )


class Proposal(ProposalSummary):
    """A proposal with every move."""

    moves: list[Move]

    @classmethod
    def of(cls, proposal: ReplanProposal) -> Self:
        """Describe a proposal."""
        return cls.made_of(proposal, moves=[Move.of(one) for one in proposal.moves])


class ProposalMade(Output):
    """What was found: the proposal, or null where no plan is better than today's."""

    proposal: Proposal | None


class ProposalsQuery(ListQuery):
    """Which proposals; the newest come first.

    ``sort`` is made, until, moves or state, with ``-`` backwards.
    """

    status: ProposalStatus | None = None
    sort: SortedBy = ""
    after: After = ""


@api.get("/replan", Permission.BOOK, twins="replan.overview")
def list_proposals(session: Session, query: ProposalsQuery) -> Page[ProposalSummary]:
    """List the proposals."""
    found = proposals(
        session,
        sorting(query.sort),
        status=query.status,
        after=query.after,
        rows=query.limit,
    )
    items = [ProposalSummary.model_validate(one) for one in found.rows]
    return Page(items=items, next=page_after(found.after))


@api.post("/replan", Permission.BOOK, twins="replan.propose")
def propose_plan(session: Session, body: PlanQuestion) -> ProposalMade:
    """Look for a better plan now; nothing moves yet."""
    made = service.propose(
        session,
        reason=body.reason or _("Asked for by a program."),
        actor=context.actor(),
        now=context.now(),
        days=body.days,
        seconds=context.current().settings.replan_seconds,
    )
    if made is None:
        return ProposalMade(proposal=None)
    session.flush()
    return ProposalMade(proposal=Proposal.of(queries.proposal(session, made.id)))


@api.get("/replan/<int:proposal_id>", Permission.BOOK, twins="replan.show")
def read_proposal(session: Session, proposal_id: int) -> Proposal:
    """Return a proposal with every move, and who must be called."""
    return Proposal.of(queries.proposal(session, proposal_id))


@api.post("/replan/<int:proposal_id>/apply", Permission.BOOK, twins="replan.apply")
def apply_proposal(proposal_id: int) -> Proposal:
    """Move every exam as the proposal says; where things have changed since, none (409)."""
    apply_whole(proposal_id)
    with context.transaction() as session:
        return Proposal.of(queries.proposal(session, proposal_id))


@api.post("/replan/<int:proposal_id>/dismiss", Permission.BOOK, twins="replan.dismiss")
def dismiss_proposal(session: Session, proposal_id: int) -> Proposal:
    """Put a proposal aside."""
    service.dismiss(session, proposal_id, actor=context.actor(), now=context.now())
    return Proposal.of(queries.proposal(session, proposal_id))
