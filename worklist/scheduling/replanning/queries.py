"""Reads of proposals for their pages."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.scheduling.replanning.models import ReplanMove, ReplanProposal


def proposals() -> Select[ReplanProposal]:
    """Return the statement of the proposals with their moves."""
    return select(ReplanProposal).options(selectinload(ReplanProposal.moves))


def proposal(session: Session, proposal_id: int) -> ReplanProposal:
    """Return a proposal with its moves, their exams, patients and rooms.

    Raises:
        NotFoundError: there is none.
    """
    moves = selectinload(ReplanProposal.moves)
    exam = moves.joinedload(ReplanMove.exam)
    order = joinedload(RequestedProcedure.order)
    found = session.scalar(
        select(ReplanProposal)
        .where(ReplanProposal.id == proposal_id)
        .options(
            moves.joinedload(ReplanMove.room_before),
            moves.joinedload(ReplanMove.room_after),
            exam.joinedload(ScheduledProcedureStep.patient),
            exam.joinedload(ScheduledProcedureStep.requested_procedure).options(order),
        )
    )
    if found is None:
        raise NotFoundError(_("There is no proposal %(proposal_id)s.", proposal_id=proposal_id))
    return found
