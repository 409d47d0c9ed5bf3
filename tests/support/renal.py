"""A CT with contrast of somebody whose kidneys the laboratory has looked at."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    make_contrast_ct,
    make_exam,
    make_patient,
    make_room,
    make_site,
)
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.scheduling import service as scheduling
from worklist.scheduling.placement import place


def place_contrast_ct(
    session: Session, *, egfr: float, now: datetime, **fields: Any
) -> ScheduledProcedureStep:
    """Place it in a department of one CT; the eGFR, in mL/min/1.73 m², is of the day before."""
    make_room(session, make_site(session), "CT01")
    make_contrast_ct(session)
    patient = make_patient(session)
    fact = FactDetails(
        kind=FactKind.EGFR,
        value={"number": egfr},
        observed_at=now - timedelta(days=1),
        origin=FactOrigin.LABORATORY,
    )
    scheduling.record_facts(session, patient.id, [fact], actor=ACTOR, now=now)
    exam = make_exam(session, patient=patient, now=now, **fields)
    place(session, exam.id, actor=ACTOR, now=now)
    return exam
