"""An urgent exam that finds no slot in time: whom to move, and moving them."""

import pytest
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_procedure,
    make_resource,
    make_room,
    make_site,
)
from tests.support.full_scanner import MINUTES, booked, make_day_scanner, stat
from worklist.catalogue.models import ResourceKind, Room
from worklist.orders import service as orders
from worklist.orders.status import StepStatus
from worklist.scheduling import service
from worklist.scheduling.displacement import whom_to_move
from worklist.scheduling.placement import place
from worklist.vocabulary import PatientClass, Priority


@pytest.fixture
def room(session: Session) -> Room:
    return make_day_scanner(session)


def test_least_harm_comes_first_and_the_urgent_stay(session: Session, room: Room) -> None:
    booked(session, room, 0, Priority.STAT)
    asap = booked(session, room, 30, Priority.ASAP)
    routine = booked(session, room, 60)
    booked(session, room, 90)
    exam = stat(session)
    made = place(session, exam.id, actor=ACTOR, now=NOW)
    assert made is not None
    assert "later than the target" in made.summary
    ways = whom_to_move(session, exam, now=NOW)
    assert ways[0].exams == (routine,)
    assert (asap,) in [one.exams for one in ways]
    assert ways[0].slot.starts_at == NOW + 60 * MINUTES
    (following,) = ways[0].next_starts
    assert following is not None
    assert following >= NOW + 150 * MINUTES  # the STAT exam has 11:00 to 11:30


def test_staff_becomes_free_with_the_exam_that_had_it(session: Session) -> None:
    """One nurse for two rooms: she is with the exam in CT02, and moving CT01's frees no nurse."""
    site = make_site(session)
    rooms = [make_room(session, site, code) for code in ("CT01", "CT02")]
    make_resource(session, site, "NU01", ResourceKind.NURSE)
    make_procedure(session, "71250", duration_minutes=120)
    phase = ("exam", ResourceKind.NURSE, 0, 120)
    make_procedure(session, "77012", duration_minutes=120, phases=(phase,))
    for room, procedure in zip(rooms, ("71250", "77012"), strict=True):
        other = make_exam(session, procedure=procedure, priority=Priority.ROUTINE)
        service.book(session, other, room_id=room.id, starts_at=NOW, actor=ACTOR, now=NOW)
    exam = make_exam(
        session,
        procedure="77012",
        priority=Priority.STAT,
        patient_class=PatientClass.EMERGENCY,
    )
    ways = whom_to_move(session, exam, now=NOW)
    assert [(one.slot.room_code, one.exams) for one in ways] == [("CT02", (other,))]


def test_nobody_is_moved_before_a_person_accepts(session: Session, room: Room) -> None:
    other = booked(session, room, 0)
    whom_to_move(session, stat(session), now=NOW)
    session.refresh(other)
    assert (other.status, other.starts_at) == (StepStatus.SCHEDULED, NOW)


def test_accepted_move_gives_the_slot_and_places_the_other_anew(
    session: Session, room: Room
) -> None:
    other = booked(session, room, 0)
    exam = stat(session)
    way, *_ = whom_to_move(session, exam, now=NOW)
    service.displace(
        session,
        exam.id,
        [one.id for one in way.exams],
        room_id=way.slot.room_id,
        starts_at=way.slot.starts_at,
        actor="user:desk",
        now=NOW,
    )
    place(session, other.id, actor=ACTOR, now=NOW)
    session.refresh(other)
    assert (exam.starts_at, other.starts_at) == (NOW, NOW + 30 * MINUTES)


def test_whoever_has_begun_meanwhile_stays_and_nothing_changes(
    session: Session, room: Room
) -> None:
    other = booked(session, room, 0)
    exam = stat(session)
    way, *_ = whom_to_move(session, exam, now=NOW)
    orders.set_status(session, other, StepStatus.STARTED, actor=ACTOR, now=NOW)
    with pytest.raises(service.SlotTakenError):
        service.displace(
            session,
            exam.id,
            [other.id],
            room_id=way.slot.room_id,
            starts_at=way.slot.starts_at,
            actor="user:desk",
            now=NOW,
        )
    session.refresh(exam)
    assert exam.status is StepStatus.UNSCHEDULED
