"""Reads of the reading queue."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import FINAL, StepStatus
from worklist.reading.models import ReadingStatus, ReadingTask

_LOOK_BACK = timedelta(days=30)
_AT_ONCE = 500


def procedures_to_admit(session: Session, *, now: datetime) -> Sequence[int]:
    """Return the requested procedures that are performed and not in the queue.

    Exams that ended within the last 30 days are looked at.
    """
    step, other = ScheduledProcedureStep, aliased(ScheduledProcedureStep)
    task = ReadingTask
    return session.scalars(
        select(step.requested_procedure_id)
        .where(
            step.status == StepStatus.COMPLETED,
            step.ended_at > now - _LOOK_BACK,
            ~exists().where(
                task.requested_procedure_id == step.requested_procedure_id,
                task.status != ReadingStatus.WITHDRAWN,
            ),
            ~exists().where(
                other.requested_procedure_id == step.requested_procedure_id,
                other.status.not_in(FINAL),
            ),
        )
        .distinct()
        .limit(_AT_ONCE)
    ).all()
