"""The appointment slip: one printed page for the patient."""

from datetime import datetime

from flask import render_template
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import WITH_SLOT
from worklist.scheduling.models import Reservation
from worklist.web import context
from worklist.web.permissions import require


@require(Permission.SEE_SCHEDULE)
def slip(exam_id: int) -> str:
    """Show the slip.

    Raises:
        NotFoundError: there is no such exam.
        DomainError: it has no slot that the patient could come to.
    """
    with context.transaction() as session:
        site = context.site(session)
        exam = session.get(ScheduledProcedureStep, exam_id)
        if exam is None:
            raise NotFoundError(_("There is no exam %(exam_id)s.", exam_id=exam_id))
        if exam.status not in WITH_SLOT or exam.room is None or exam.starts_at is None:
            raise DomainError(_("This exam has no slot yet: book one, then print the slip."))
        return render_template(
            "orders/slip.html",
            exam=exam,
            site=site,
            comes_at=_comes_at(session, exam) or exam.starts_at,
        )


def _comes_at(session: Session, exam: ScheduledProcedureStep) -> datetime | None:
    """Return when the patient's first phase begins: preparation may come before the room."""
    begins: datetime | None = session.scalar(
        select(func.min(func.lower(Reservation.during))).where(
            Reservation.exam_id == exam.id, Reservation.patient_id.is_not(None)
        )
    )
    return begins
