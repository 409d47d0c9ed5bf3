"""Reads of proposals for their pages."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.scheduling.replanning.models import ReplanMove, ReplanProposal

_ON_A_PAGE = 30


def newest_proposals(session: Session) -> Sequence[ReplanProposal]:
    """Return the newest proposals with their moves."""
    return session.scalars(
        select(ReplanProposal)
        .options(selectinload(ReplanProposal.moves))
        .order_by(ReplanProposal.id.desc())
        .limit(_ON_A_PAGE)
    ).all()


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
