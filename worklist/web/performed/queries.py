"""What the queue of performed steps without an exam shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.catalogue.procedures import Procedure
from worklist.dicom.performed_summary import PerformedSummary, summarise
from worklist.performing import unscheduled
from worklist.performing.models import PerformedProcedureStep
from worklist.performing.unscheduled import Suggestion

MOST = 30
_MOST_REJECTED = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that waits, what it tells, the exams it may be of, and what may be ordered for it."""

    step: PerformedProcedureStep
    told: PerformedSummary
    suggestions: Sequence[Suggestion]
    procedures: Sequence[Procedure]


@dataclass(frozen=True, slots=True)
class Queue:
    """The steps that wait, oldest first, how many wait in all, and those rejected last."""

    waiting: Sequence[Waiting]
    total: int
    rejected: Sequence[PerformedProcedureStep]


def queue(session: Session) -> Queue:
    """Return what the page shows."""
    steps = unscheduled.waiting(session, most=MOST)
    procedures = _procedures(session, {step.modality for step in steps})
    return Queue(
        waiting=[
            Waiting(
                step,
                summarise(step.attributes),
                unscheduled.suggestions(session, step),
                [one for one in procedures if one.modality == step.modality],
            )
            for step in steps
        ],
        total=unscheduled.count(session),
        rejected=session.scalars(
            select(PerformedProcedureStep)
            .where(PerformedProcedureStep.rejected_at.is_not(None))
            .order_by(PerformedProcedureStep.rejected_at.desc(), PerformedProcedureStep.id.desc())
            .limit(_MOST_REJECTED)
        ).all(),
    )


def _procedures(session: Session, modalities: set[str]) -> Sequence[Procedure]:
    return session.scalars(
        select(Procedure)
        .where(Procedure.active, Procedure.modality.in_(modalities))
        .order_by(Procedure.name)
    ).all()
