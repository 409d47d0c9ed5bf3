"""The day's arrivals of a site, sorted into those awaited and those who are here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from worklist.catalogue.models import Resource, Room
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import WITH_SLOT, StepStatus
from worklist.patients.models import Patient
from worklist.scheduling.intervals import Interval

MISSING_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Exams by start: ``missing`` for more than ten minutes, ``late``, ``expected``, ``here``."""

    missing: Sequence[ScheduledProcedureStep]
    late: Sequence[ScheduledProcedureStep]
    expected: Sequence[ScheduledProcedureStep]
    here: Sequence[ScheduledProcedureStep]

    @property
    def ids(self) -> set[int]:
        """The numbers of all of them."""
        return {one.id for one in (*self.missing, *self.late, *self.expected, *self.here)}


def arrivals(
    session: Session, site_id: int, day: Interval, *, now: datetime, modality: str = ""
) -> Arrivals:
    """Return the exams of the day that have a slot and have not begun."""
    exam = ScheduledProcedureStep
    statement = (
        select(exam)
        .join(exam.room)
        .join(Room.resource)
        .where(
            Resource.site_id == site_id,
            exam.starts_at >= day.start,
            exam.starts_at < day.end,
            exam.status.in_(WITH_SLOT),
        )
        .options(
            contains_eager(exam.room).contains_eager(Room.resource),
            joinedload(exam.requested_procedure).joinedload(RequestedProcedure.order),
            joinedload(exam.patient),
        )
        .order_by(exam.starts_at, exam.id)
    )
    if modality:
        statement = statement.where(exam.modality == modality)
    found = session.scalars(statement).unique().all()
    awaited = [one for one in found if one.status is StepStatus.SCHEDULED]
    return Arrivals(
        missing=[one for one in awaited if _start(one) <= now - MISSING_AFTER],
        late=[one for one in awaited if now - MISSING_AFTER < _start(one) <= now],
        expected=[one for one in awaited if _start(one) > now],
        here=[one for one in found if one.status is not StepStatus.SCHEDULED],
    )


def with_others_of_the_day(
    session: Session, exam_id: int, day: Interval
) -> tuple[ScheduledProcedureStep, Sequence[ScheduledProcedureStep]]:
    """Return the exam and what else its patient is expected for on that day.

    Raises:
        NotFoundError: there is no such exam.
    """
    step = ScheduledProcedureStep
    exam = session.scalar(
        select(step)
        .where(step.id == exam_id)
        .options(joinedload(step.patient).selectinload(Patient.identifiers))
    )
    if exam is None:
        raise NotFoundError(_("There is no exam %(exam_id)s.", exam_id=exam_id))
    others = session.scalars(
        select(step)
        .where(
            step.patient_id == exam.patient_id,
            step.id != exam.id,
            step.status == StepStatus.SCHEDULED,
            step.starts_at >= day.start,
            step.starts_at < day.end,
        )
        .options(selectinload(step.room))
        .order_by(step.starts_at)
    ).all()
    return exam, others


def modalities(session: Session, site_id: int) -> list[str]:
    """Return the modalities of the site's rooms in use."""
    statement = (
        select(func.unnest(Room.modalities).label("modality"))
        .join(Room.resource)
        .where(Resource.site_id == site_id, Resource.active)
        .distinct()
    )
    return sorted(session.scalars(statement))


def _start(exam: ScheduledProcedureStep) -> datetime:
    if exam.starts_at is None:
        raise ValueError(f"exam {exam.id} is {exam.status} without a start")
    return exam.starts_at
