"""What merging two patients means for their slots: no patient is in two rooms at one time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from worklist import nudge
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import WITH_SLOT
from worklist.patients import merging
from worklist.patients.models import PatientMerge
from worklist.scheduling import booking
from worklist.scheduling.models import Reservation
from worklist.scheduling.service import PLACE_TASK


def merge(
    session: Session, *, survivor_id: int, merged_id: int, actor: str, now: datetime
) -> PatientMerge:
    """Merge two patients; where both have an exam at one time, the merged one's is placed anew.

    Raises:
        MergeError: the two are the same patient, or one is merged already.
    """
    for exam in _overlapping(session, survivor_id, merged_id):
        reason = _("The patient has another exam at that time, found when two records were merged.")
        booking.unschedule(session, exam, actor=actor, now=now, reason=reason)
        nudge.task(session, PLACE_TASK, exam.id)
    return merging.merge(
        session, survivor_id=survivor_id, merged_id=merged_id, actor=actor, now=now
    )


def _overlapping(
    session: Session, survivor_id: int, merged_id: int
) -> Sequence[ScheduledProcedureStep]:
    """Return the merged patient's exams during which the survivor has one, if still movable."""
    other = aliased(Reservation)
    return session.scalars(
        select(ScheduledProcedureStep)
        .join(Reservation, Reservation.exam_id == ScheduledProcedureStep.id)
        .join(other, other.patient_id == survivor_id)
        .where(
            Reservation.patient_id == merged_id,
            Reservation.during.overlaps(other.during),
            ScheduledProcedureStep.status.in_(WITH_SLOT),
        )
        .distinct()
    ).all()
