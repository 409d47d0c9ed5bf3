"""Reads of scheduling."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients.models import ClinicalFact
from worklist.scheduling.models import Placement

_PATIENCE = timedelta(seconds=10)
_RETRY_AFTER = timedelta(minutes=10)
_AT_ONCE = 500


def exams_to_place(session: Session, *, now: datetime) -> Sequence[int]:
    """Return the exams that a worker should place or look at again, longest waiting first.

    Those are: never tried although nudged a while ago; without a slot at the last try some
    minutes ago; held, while the patient's facts have changed since.
    """
    exam = ScheduledProcedureStep
    news = (
        select(ClinicalFact.id)
        .where(
            ClinicalFact.patient_id == exam.patient_id,
            ClinicalFact.recorded_at > exam.placement_tried_at,
        )
        .exists()
    )
    never_tried = and_(exam.placement_tried_at.is_(None), exam.status_changed_at < now - _PATIENCE)
    no_slot = and_(
        exam.status == StepStatus.UNSCHEDULED, exam.placement_tried_at < now - _RETRY_AFTER
    )
    return session.scalars(
        select(exam.id)
        .where(
            exam.status.in_([StepStatus.UNSCHEDULED, StepStatus.HELD]),
            exam.automatic_placement,
            or_(never_tried, no_slot, and_(exam.status == StepStatus.HELD, news)),
        )
        .order_by(exam.id)
        .limit(_AT_ONCE)
    ).all()


def newest_placement(session: Session, exam_id: int) -> Placement | None:
    """Return the exam's last placement with its explanation."""
    return session.scalar(
        select(Placement).where(Placement.exam_id == exam_id).order_by(Placement.id.desc()).limit(1)
    )
