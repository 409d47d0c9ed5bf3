"""Which notes of how exams were placed and re-planned are of no more use."""

from datetime import datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import aliased

from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import FINAL
from worklist.scheduling.models import Placement
from worklist.scheduling.replanning.models import ProposalStatus, ReplanProposal
from worklist.scheduling.waiting.models import FreedSlot


def old_placements(before: datetime) -> Select[int]:
    """Return the ids of attempts to place exams that are over.

    The newest attempt of each exam stays, and the newest that found a time: they say why it was
    where it was.
    """
    newer, newer_with_time = aliased(Placement), aliased(Placement)
    replaced = exists().where(newer.exam_id == Placement.exam_id, newer.id > Placement.id)
    time_replaced = exists().where(
        newer_with_time.exam_id == Placement.exam_id,
        newer_with_time.id > Placement.id,
        newer_with_time.starts_at.is_not(None),
    )
    return (
        select(Placement.id)
        .join(ScheduledProcedureStep, ScheduledProcedureStep.id == Placement.exam_id)
        .where(
            Placement.made_at < before,
            ScheduledProcedureStep.status.in_(FINAL),
            replaced,
            Placement.starts_at.is_(None) | time_replaced,
        )
    )


def old_proposals(before: datetime) -> Select[int]:
    """Return the ids of re-plan proposals that were decided; their moves go with them."""
    return select(ReplanProposal.id).where(
        ReplanProposal.made_at < before, ReplanProposal.status != ProposalStatus.OPEN
    )


def old_freed_slots(before: datetime) -> Select[int]:
    """Return the ids of freed slots that nobody can take any more; their offers go with them."""
    return select(FreedSlot.id).where(
        FreedSlot.freed_at < before,
        FreedSlot.closed_at.is_not(None),
        func.upper(FreedSlot.during) < before,
    )
