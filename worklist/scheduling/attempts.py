"""Attempts to place an exam: each is kept with its explanation and told in the exam's trail."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session, make_transient_to_detached

from worklist.orders import trail
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.assessment import Assessment
from worklist.scheduling.explanation import explain
from worklist.scheduling.models import Placement, PlacementOutcome
from worklist.scheduling.search import Found
from worklist.scheduling.slots import Slot

_table = cast("Table", Placement.__table__)
_INSERT = insert(_table).returning(_table.c.id)
_VALUES = tuple(one.name for one in _table.columns if one.name != "id")


@dataclass(frozen=True)
class Attempt:
    """What came of an attempt, in one sentence too.

    ``chosen`` is the slot that the exam has; ``found`` is what a search gave, None where a person
    or a message named room and time or the rules allowed no search.
    """

    outcome: PlacementOutcome
    summary: str
    chosen: Slot | None = None
    found: Found | None = None


def keep(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    attempt: Attempt,
    *,
    actor: str,
    now: datetime,
) -> Placement:
    """Store the attempt with its explanation and write it to the trail."""
    placement = explained(exam, assessment, attempt, actor=actor, now=now)
    return store(session, exam, placement, attempt.chosen)


def explained(
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    attempt: Attempt,
    *,
    actor: str,
    now: datetime,
) -> Placement:
    """Return the attempt with its explanation, not stored yet."""
    chosen = attempt.chosen
    return Placement(
        exam_id=exam.id,
        made_at=now,
        actor=actor,
        outcome=attempt.outcome,
        room_id=chosen.room_id if chosen else None,
        starts_at=chosen.starts_at if chosen else None,
        summary=attempt.summary,
        explanation=explain(
            assessment,
            summary=attempt.summary,
            found=attempt.found,
            chosen=chosen,
            wanted_at=exam.order.wanted_at,
            now=now,
        ),
    )


def store(
    session: Session, exam: ScheduledProcedureStep, placement: Placement, chosen: Slot | None
) -> Placement:
    """Store an explained attempt and write it to the trail."""
    _insert(session, placement)
    trail.record(
        session,
        exam,
        f"exam.placement_{placement.outcome}",
        actor=placement.actor,
        now=placement.made_at,
        room=chosen.room_code if chosen else None,
        starts_at=chosen.starts_at.isoformat() if chosen else None,
        summary=placement.summary,
    )
    session.flush()
    return placement


def _insert(session: Session, placement: Placement) -> None:
    """Write the row at once, at half of what a flush would cost, and let the session know it."""
    values = {name: getattr(placement, name) for name in _VALUES}
    placement.id = session.execute(_INSERT, values).scalar_one()
    make_transient_to_detached(placement)
    session.add(placement)
