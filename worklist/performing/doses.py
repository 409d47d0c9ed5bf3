"""Radiation of performed steps: kept with the step, added up for the patient."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worklist.orders.models import ScheduledProcedureStep
from worklist.performing import effective_dose
from worklist.performing.models import PerformedDose, PerformedFor, PerformedProcedureStep
from worklist.performing.reports import Dose


@dataclass(frozen=True, slots=True)
class PatientDose:
    """What a patient has received: sums over all performed steps; units as in `PerformedDose`."""

    steps: int
    dlp_mgy_cm: float
    dap_dgy_cm2: float
    fluoroscopy_seconds: float
    exposures: int

    def __str__(self) -> str:
        """What was told, in words: ``DLP 312.5 mGy·cm, DAP 12 dGy·cm²``."""
        told = (
            ("DLP {:g} mGy·cm", self.dlp_mgy_cm),
            ("DAP {:g} dGy·cm²", self.dap_dgy_cm2),
            ("fluoroscopy {:g} s", self.fluoroscopy_seconds),
            ("{} exposures", self.exposures),
        )
        return ", ".join(text.format(value) for text, value in told if value)


def keep(session: Session, performed_id: int, dose: Dose | None) -> None:
    """Store what a report says of dose; a later report replaces an earlier one."""
    if dose is None:
        return
    row = session.get(PerformedDose, performed_id)
    if row is None:
        row = PerformedDose(performed_id=performed_id)
        session.add(row)
    values: dict[str, Any] = asdict(dose)
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def settle(session: Session, exams: Iterable[ScheduledProcedureStep]) -> None:
    """Note with each CT the effective dose that its performed steps measured.

    A step for several exams counts with the first of them, so that the patient's sum is right.
    Where the scanners tell no dose, what a person wrote down stays.
    """
    for exam in exams:
        measured = [
            effective
            for dose in of_exam(session, exam.id)
            if (effective := _effective(dose, exam)) is not None
        ]
        if measured:
            exam.measured_dose_msv = sum(measured)
    session.flush()


def _effective(dose: PerformedDose, exam: ScheduledProcedureStep) -> float | None:
    found = effective_msv(dose.dlp_mgy_cm, exam, dose.performed.started_at)
    return found if exam is dose.performed.first_exam or found is None else 0.0


def effective_msv(
    dlp_mgy_cm: float | None, exam: ScheduledProcedureStep, at: datetime
) -> float | None:
    """Return the effective dose of a CT in mSv, None where it cannot be had."""
    if dlp_mgy_cm is None or exam.modality != "CT":  # a PET's is not its CT's alone
        return None
    return effective_dose.of_ct(
        dlp_mgy_cm,
        exam.procedure.body_part,
        birth_date=exam.patient.birth_date,
        on=at.date(),
    )


def of_exam(session: Session, exam_id: int) -> Sequence[PerformedDose]:
    """Return the doses of an exam's performed steps, in the order of their start."""
    return session.scalars(
        select(PerformedDose)
        .join(PerformedDose.performed)
        .join(PerformedFor, PerformedFor.performed_id == PerformedProcedureStep.id)
        .where(PerformedFor.exam_id == exam_id)
        .order_by(PerformedProcedureStep.started_at, PerformedProcedureStep.id)
    ).all()


def of_patient(session: Session, patient_id: int, *, since: datetime | None = None) -> PatientDose:
    """Return what a patient has received in all, or since a moment."""
    dose = PerformedDose
    statement = (
        select(
            func.count(),
            func.sum(dose.dlp_mgy_cm),
            func.sum(dose.dap_dgy_cm2),
            func.sum(dose.fluoroscopy_seconds),
            func.sum(dose.exposures),
        )
        .select_from(dose)
        .join(dose.performed)
        .where(PerformedProcedureStep.patient_id == patient_id)
    )
    if since is not None:
        statement = statement.where(PerformedProcedureStep.started_at >= since)
    steps, dlp, area, seconds, exposures = session.execute(statement).one()
    return PatientDose(steps, dlp or 0.0, area or 0.0, seconds or 0.0, int(exposures or 0))
