"""Radiation that a person writes down, of an exam whose scanner told none."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from worklist.db import Base
from worklist.errors import ConflictError, DomainError
from worklist.language.text import _
from worklist.orders import trail
from worklist.orders.models import ScheduledProcedureStep
from worklist.performing import doses
from worklist.performing.models import DoseValues
from worklist.performing.reports import Dose


class HandDose(DoseValues, Base):
    """One exam's radiation as a person read it off the console."""

    __tablename__ = "hand_doses"

    exam_id: Mapped[int] = mapped_column(
        ForeignKey("scheduled_procedure_steps.id"), primary_key=True
    )
    recorded_by: Mapped[str] = mapped_column(String(100))
    recorded_at: Mapped[datetime]


def enter(
    session: Session, exam: ScheduledProcedureStep, dose: Dose, *, actor: str, now: datetime
) -> HandDose:
    """Keep the dose; entering it again corrects it, and the trail keeps what it was.

    Raises:
        ConflictError: the scanner has told the dose itself.
        DomainError: nothing is given, a value is not more than nothing, or the exam is without
            radiation.
    """
    if not exam.procedure.ionising:
        raise DomainError(_("This exam is done without radiation."))
    values = asdict(dose)
    given = {name: value for name, value in values.items() if value is not None}
    if not given or any(value <= 0 for value in given.values()):
        raise DomainError(_("Give at least one value of the dose, each more than 0."))
    if any(str(one) for one in doses.of_exam(session, exam.id)):
        raise ConflictError(_("The scanner has told the dose of this exam itself."))
    row = session.get(HandDose, exam.id)
    previous = str(row) if row else ""
    if row is None:
        row = HandDose(exam_id=exam.id)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    row.recorded_by, row.recorded_at = actor, now
    exam.measured_dose_msv = doses.effective_msv(dose.dlp_mgy_cm, exam, exam.started_at or now)
    session.flush()
    trail.record(
        session,
        exam,
        "exam.dose_entered",
        actor=actor,
        now=now,
        given=str(row),
        previous=previous,
    )
    return row


def of_exam(session: Session, exam_id: int) -> HandDose | None:
    """Return what a person wrote down of an exam, None where nobody did."""
    return session.get(HandDose, exam_id)


def of_exams(session: Session, exam_ids: Collection[int]) -> Mapping[int, HandDose]:
    """Return what people wrote down, by exam."""
    if not exam_ids:
        return {}
    rows = session.scalars(select(HandDose).where(HandDose.exam_id.in_(exam_ids)))
    return {one.exam_id: one for one in rows}
