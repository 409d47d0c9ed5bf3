"""What placements are tested with: something known of a patient, and an exam placed at once."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tests.support.department import ACTOR, NOW
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.scheduling.models import Placement
from worklist.scheduling.placement import place


def known_fact(
    kind: FactKind,
    value: dict[str, object],
    subject: str = "",
    *,
    at: datetime = NOW - timedelta(days=1),
) -> FactDetails:
    """Describe what the desk was told of a patient, the day before."""
    return FactDetails(
        kind=kind, value=value, subject=subject, observed_at=at, origin=FactOrigin.DESK
    )


def placed(session: Session, exam: ScheduledProcedureStep) -> Placement:
    """Place the exam, and read it again."""
    made = place(session, exam.id, actor=ACTOR, now=NOW)
    assert made is not None
    session.refresh(exam)
    return made
