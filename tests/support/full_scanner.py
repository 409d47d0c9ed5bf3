"""A scanner that ordinary exams fill, half an hour each, when a STAT exam comes."""

from datetime import time, timedelta

from sqlalchemy.orm import Session

from tests.support.department import ACTOR, NOW, make_exam, make_procedure, make_room, make_site
from worklist.catalogue.models import Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling import service
from worklist.vocabulary import PatientClass, Priority

MINUTES = timedelta(minutes=1)


def make_day_scanner(session: Session) -> Room:
    """Make a CT open from 09:00, which is now, to 17:00, and an exam of half an hour for it."""
    make_procedure(session, duration_minutes=30)
    return make_room(session, make_site(session), "CT01", opens=time(9), closes=time(17))


def booked(
    session: Session, room: Room, minutes: int, priority: Priority = Priority.ROUTINE
) -> ScheduledProcedureStep:
    """Book an exam to begin some minutes from now."""
    exam = make_exam(session, priority=priority)
    when = NOW + minutes * MINUTES
    service.book(session, exam, room_id=room.id, starts_at=when, actor=ACTOR, now=NOW)
    return exam


def stat(session: Session) -> ScheduledProcedureStep:
    """Make the exam of somebody in the emergency department, which has no slot yet."""
    return make_exam(session, priority=Priority.STAT, patient_class=PatientClass.EMERGENCY)
