"""The desk of the demonstration makes room for a STAT exam that would begin too late."""

from datetime import time, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_procedure,
    make_room,
    make_site,
)
from worklist.catalogue.models import Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling import service
from worklist.simulator import desk
from worklist.vocabulary import PatientClass, Priority

MINUTES = timedelta(minutes=1)


@pytest.fixture
def room(session: Session) -> Room:
    make_procedure(session, duration_minutes=30)
    return make_room(session, make_site(session), "CT01", opens=time(9), closes=time(17))


def booked(
    session: Session, room: Room, minutes: int, priority: Priority = Priority.ROUTINE
) -> ScheduledProcedureStep:
    exam = make_exam(session, priority=priority)
    when = NOW + minutes * MINUTES
    service.book(session, exam, room_id=room.id, starts_at=when, actor=ACTOR, now=NOW)
    return exam


def stat(session: Session) -> ScheduledProcedureStep:
    return make_exam(session, priority=Priority.STAT, patient_class=PatientClass.EMERGENCY)


def test_a_late_stat_exam_takes_the_place_of_one_that_gets_another(
    session: Session, room: Room
) -> None:
    routine = [booked(session, room, 30 * number) for number in range(4)]
    exam = stat(session)
    first, moved = desk.place(session, exam.id, now=NOW)
    assert first is exam
    assert exam.starts_at is not None
    assert exam.starts_at <= NOW + 60 * MINUTES
    assert moved in routine
    assert moved.starts_at is not None
    assert moved.starts_at > NOW + 90 * MINUTES


def test_nobody_moves_where_it_is_in_time_or_others_are_as_urgent(
    session: Session, room: Room
) -> None:
    booked(session, room, 0)
    assert len(desk.place(session, stat(session).id, now=NOW)) == 1
    for minutes in (60, 90):
        booked(session, room, minutes, Priority.STAT)
    assert len(desk.place(session, make_exam(session).id, now=NOW)) == 1
