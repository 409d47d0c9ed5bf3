"""The running day: no-shows free their slot, late exams push the next."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
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
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling import running, service
from worklist.scheduling.models import ExamDelay, Reservation
from worklist.vocabulary import PatientClass

MINUTE = timedelta(minutes=1)


@pytest.fixture
def room(session: Session) -> Room:
    make_procedure(session, duration_minutes=20)
    return make_room(session, make_site(session), "CT01", turnover_minutes=5)


def booked(
    session: Session,
    room: Room,
    minutes: int,
    patient_class: PatientClass = PatientClass.OUTPATIENT,
) -> ScheduledProcedureStep:
    exam = make_exam(session, patient_class=patient_class)
    when = NOW + minutes * MINUTE
    service.book(session, exam, room_id=room.id, starts_at=when, actor=ACTOR, now=NOW)
    return exam


def told(session: Session, minutes: int) -> dict[int, int]:
    """Return for each delayed exam the minutes after NOW at which it is expected."""
    running.note_delays(session, actor=ACTOR, now=NOW + minutes * MINUTE)
    rows = session.scalars(select(ExamDelay))
    return {row.exam_id: (row.expected_at - NOW) // MINUTE for row in rows}


def test_outpatient_who_does_not_come_frees_the_slot(session: Session, room: Room) -> None:
    missed = booked(session, room, 0)
    inpatient = booked(session, room, 30, PatientClass.INPATIENT)
    arrived = booked(session, room, 60)
    orders.set_status(session, arrived, StepStatus.ARRIVED, actor=ACTOR, now=NOW)

    def sweep(minutes: int) -> list[int]:
        when = NOW + minutes * MINUTE
        return running.free_no_shows(session, after=30 * MINUTE, actor=ACTOR, now=when)

    assert sweep(30) == []
    assert sweep(31) == [missed.id]
    assert sweep(600) == []
    assert missed.status is StepStatus.NO_SHOW
    kept = select(func.count()).where(Reservation.exam_id == missed.id)
    assert session.scalar(kept) == 0
    assert inpatient.status is StepStatus.SCHEDULED


def test_late_exam_pushes_the_next_until_there_is_air(session: Session, room: Room) -> None:
    first, second, third = (booked(session, room, minutes) for minutes in (0, 25, 80))
    orders.set_status(session, first, StepStatus.STARTED, actor=ACTOR, now=NOW)
    assert told(session, 10) == {}
    # At 40 the first still runs: the second begins at 45 and with turnover ends at 70.
    assert told(session, 40) == {second.id: 45}
    # At 62 the second is pushed to 67, which ends at 92: the third begins 12 minutes late.
    assert told(session, 62) == {second.id: 67, third.id: 92}
    orders.set_status(session, first, StepStatus.COMPLETED, actor=ACTOR, now=NOW)
    assert told(session, 64) == {}


def test_an_exam_that_began_late_is_given_its_time(session: Session, room: Room) -> None:
    first, second = booked(session, room, 0), booked(session, room, 25)
    orders.set_status(session, first, StepStatus.STARTED, actor=ACTOR, now=NOW + 15 * MINUTE)
    first.started_at = NOW + 15 * MINUTE
    # It takes 20 minutes and the room 5 to be ready again: the second begins 15 minutes late.
    assert told(session, 16) == {second.id: 40}
    # One that began early is not expected to be over sooner.
    first.started_at = NOW - 10 * MINUTE
    assert told(session, 17) == {}


def test_small_changes_are_not_told_again(session: Session, room: Room) -> None:
    first, second = booked(session, room, 0), booked(session, room, 25)
    orders.set_status(session, first, StepStatus.STARTED, actor=ACTOR, now=NOW)
    assert told(session, 40) == {second.id: 45}
    assert running.note_delays(session, actor=ACTOR, now=NOW + 43 * MINUTE) == 0
    assert told(session, 46) == {second.id: 51}
