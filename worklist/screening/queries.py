"""Reads of screening forms: which an exam asks for, and which are filled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling import facts
from worklist.scheduling.standing import read_standing
from worklist.screening.forms import Form, wanted_forms
from worklist.screening.models import FilledForm


@dataclass(frozen=True, slots=True)
class WantedForm:
    """A form that an exam asks for, and the newest one filled for it."""

    form: Form
    filled: FilledForm | None


def newest(session: Session, exam: ScheduledProcedureStep, form: str) -> FilledForm | None:
    """Return what was last answered on a form for the exam."""
    return session.scalar(
        select(FilledForm)
        .where(FilledForm.exam_id == exam.id, FilledForm.form == form)
        .order_by(FilledForm.id.desc())
        .limit(1)
    )


def forms_of(
    session: Session, exam: ScheduledProcedureStep, *, zone: ZoneInfo, now: datetime
) -> Sequence[WantedForm]:
    """Return the forms that the exam asks for."""
    standing = read_standing(session)
    known = facts.gather(session, exam, now, standing)
    wanted = wanted_forms(known.patient, known.exam, standing.thresholds, now=now.astimezone(zone))
    filled = {
        one.form: one
        for one in session.scalars(
            select(FilledForm)
            .where(FilledForm.exam_id == exam.id)
            .ext(distinct_on(FilledForm.form))
            .order_by(FilledForm.form, FilledForm.id.desc())
        )
    }
    return [WantedForm(form, filled.get(form.code)) for form in wanted]
