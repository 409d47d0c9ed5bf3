"""Exams that somebody started and nobody ended are completed by age."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNDER_WAY
from worklist.performing import service

ACTOR = "system:age"


def overdue(session: Session, *, now: datetime, hours: int) -> Sequence[int]:
    """Return the exams that are under way for longer than some hours."""
    exam = ScheduledProcedureStep
    return session.scalars(
        select(exam.id)
        .where(exam.status.in_(UNDER_WAY), exam.started_at < now - timedelta(hours=hours))
        .order_by(exam.id)
    ).all()


def complete(session: Session, exam_id: int, *, now: datetime, hours: int) -> bool:
    """Complete an exam that is still under way for too long; tell whether it was.

    A later report of its scanner is weighed as ever: what a scanner begins after this counts.
    """
    exam = session.get(
        ScheduledProcedureStep, exam_id, with_for_update=True, populate_existing=True
    )
    if exam is None or exam.status not in UNDER_WAY or exam.started_at is None:
        return False
    if exam.started_at >= now - timedelta(hours=hours):
        return False
    service.complete(session, exam, actor=ACTOR, now=now)
    return True
