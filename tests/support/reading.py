"""Builders of cases to be read."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import NOW, make_exam, make_procedure
from worklist.auth.models import User
from worklist.catalogue.procedures import Procedure
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.reading import entering
from worklist.reading.models import ReadingTask
from worklist.vocabulary import Priority


def make_performed(
    session: Session, *, ended: timedelta, now: datetime = NOW, procedure: str = "71250", **of: Any
) -> ScheduledProcedureStep:
    """Make an exam that was completed so long ago; its procedure is made where there is none."""
    if session.scalar(select(Procedure).where(Procedure.code == procedure)) is None:
        make_procedure(session, procedure)
    exam = make_exam(session, procedure=procedure, **of)
    exam.status, exam.ended_at = StepStatus.COMPLETED, now - ended
    exam.started_at = exam.ended_at - timedelta(minutes=10)
    session.flush()
    return exam


def make_task(
    session: Session,
    priority: Priority = Priority.URGENT,
    *,
    ended: timedelta = timedelta(minutes=10),
    now: datetime = NOW,
    **of: Any,
) -> ReadingTask:
    """Make a case that waits since its exam ended."""
    exam = make_performed(session, priority=priority, ended=ended, now=now, **of)
    task = entering.admit(session, exam.requested_procedure_id, now=now)
    assert task is not None
    return task


def make_reader(session: Session, name: str = "robin", **fields: Any) -> User:
    """Make an account, by default without a role; only its name is its own."""
    values = {"display_name": name.title(), "password_hash": "x", "roles": []}
    user = User(username=name, **values | fields)
    session.add(user)
    session.flush()
    return user
