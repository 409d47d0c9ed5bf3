"""Reads of scheduling."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import WITH_SLOT, StepStatus
from worklist.patients.models import ClinicalFact
from worklist.scheduling.models import ExamDelay, Placement

_PATIENCE = timedelta(seconds=10)
_RETRY_AFTER = timedelta(minutes=10)
_AT_ONCE = 500
_LONGEST_ROW_NUMBER = 19


def exams_to_place(session: Session, *, now: datetime) -> Sequence[int]:
    """Return the exams that a worker should place or look at again, longest waiting first.

    Those are: never tried although nudged a while ago; without a slot at the last try some
    minutes ago; held, while the patient's facts have changed since; last tried at a time that is
    still to come, for the clock was put back.
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
    never_tried = and_(
        exam.placement_tried_at.is_(None),
        ~exam.status_changed_at.between(now - _PATIENCE, now + _PATIENCE),
    )
    no_slot = and_(
        exam.status == StepStatus.UNSCHEDULED, exam.placement_tried_at < now - _RETRY_AFTER
    )
    to_come = exam.placement_tried_at > now + _PATIENCE
    return session.scalars(
        select(exam.id)
        .where(
            exam.status.in_([StepStatus.UNSCHEDULED, StepStatus.HELD]),
            exam.automatic_placement,
            or_(never_tried, no_slot, and_(exam.status == StepStatus.HELD, news), to_come),
        )
        .order_by(exam.id)
        .limit(_AT_ONCE)
    ).all()


def newest_placement(session: Session, exam_id: int) -> Placement | None:
    """Return the exam's last placement with its explanation."""
    return session.scalar(
        select(Placement).where(Placement.exam_id == exam_id).order_by(Placement.id.desc()).limit(1)
    )


def expected_starts(session: Session, exam_ids: Collection[int]) -> Mapping[int, datetime]:
    """Return when those of the exams that late ones before them push are expected to begin."""
    exam = ScheduledProcedureStep
    rows = session.execute(
        select(ExamDelay.exam_id, ExamDelay.expected_at)
        .join(exam, exam.id == ExamDelay.exam_id)
        .where(ExamDelay.exam_id.in_(exam_ids), exam.status.in_(WITH_SLOT))
    )
    return {row.exam_id: row.expected_at for row in rows}


def find_exams(session: Session, number: str) -> Sequence[ScheduledProcedureStep]:
    """Return the exams of an accession number, or the one with this SPS ID or row number.

    Raises:
        NotFoundError: there is none.
    """
    exam, order = ScheduledProcedureStep, ImagingServiceRequest
    same = or_(order.accession_number == number, exam.scheduled_procedure_step_id == number)
    if number.isdecimal() and len(number) < _LONGEST_ROW_NUMBER:
        same = or_(same, exam.id == int(number))
    found = session.scalars(
        select(exam).join(RequestedProcedure).join(order).where(same).order_by(exam.id)
    ).all()
    if not found:
        raise NotFoundError(
            _(
                "There is no exam %(number)s: give its accession number, its SPS ID or its number.",
                number=repr(number),
            )
        )
    return found
