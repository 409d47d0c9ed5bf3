"""The patient's other exams, done and booked, as the rules read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from worklist.catalogue.procedures import Procedure
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.rules.facts import PastExam
from worklist.scheduling.history import History
from worklist.vocabulary import Contrast


def of_patient(
    exam: ScheduledProcedureStep, history: History, procedures: Mapping[int, Procedure]
) -> tuple[tuple[PastExam, ...], int]:
    """Return the patient's other exams, and how many were missed of late.

    An exam has the contrast and dose that were recorded, else those of its procedure. Contrast
    given besides, or outside of these exams, comes as an exam of contrast alone.
    """
    others: list[PastExam] = []
    no_shows = 0
    given = _contrast_given(exam, history)
    for row in history.exams:
        if row.id == exam.id:
            continue
        if row.status == StepStatus.NO_SHOW:
            no_shows += 1
        elif row.requested_procedure_id != exam.requested_procedure_id:
            media = given.pop(row.id, {})
            procedure = procedures[row.procedure_id]
            contrast, _ = media.popitem() if media else (procedure.contrast, row.moment)
            others.append(_past_exam(row, procedure, contrast))
            others += map(_contrast_alone, media.items())
    for media in given.values():
        others += map(_contrast_alone, media.items())
    return tuple(others), no_shows


def _past_exam(row: Row[*tuple[Any, ...]], procedure: Procedure, contrast: Contrast) -> PastExam:
    measured = row.measured_dose_msv
    return PastExam(
        procedure_code=procedure.code,
        modality=procedure.modality,
        body_part=procedure.body_part,
        contrast=contrast,
        starts_at=row.moment,
        dose_msv=procedure.dose_msv if measured is None else measured,
        laterality=row.laterality or None,
        duration_minutes=procedure.duration_minutes,
        bleeding_risk=procedure.bleeding_risk,
    )


def _contrast_alone(given: tuple[Contrast, datetime]) -> PastExam:
    medium, moment = given
    return PastExam(procedure_code="", modality="", body_part="", contrast=medium, starts_at=moment)


def _contrast_given(
    exam: ScheduledProcedureStep, history: History
) -> dict[int | None, dict[Contrast, datetime]]:
    """Return which media the patient was given when last, by exam, but in the one judged."""
    found: dict[int | None, dict[Contrast, datetime]] = {}
    for row in history.given:
        if row.requested_procedure_id != exam.requested_procedure_id:
            found.setdefault(row.id, {})[row.medium] = row.moment
    return found
