"""A closed scanner's day planned anew: proposed, applied whole or not at all."""

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_contrast_ct,
    make_exam,
    make_procedure,
    make_resource,
    make_room,
    make_site,
)
from worklist.catalogue.models import Closure, ResourceKind, Room, Site
from worklist.commands import replan
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling import closing, service
from worklist.scheduling.availability import as_range
from worklist.scheduling.intervals import Interval, WeeklyHours
from worklist.scheduling.models import Reservation
from worklist.scheduling.replanning import service as replanning
from worklist.scheduling.replanning.models import ProposalStatus, ReplanProposal
from worklist.vocabulary import PatientClass, Priority

HOUR = timedelta(hours=1)
_SECONDS = 60.0


@pytest.fixture
def site(session: Session) -> Site:
    make_procedure(session, duration_minutes=30)
    return make_site(session)


@pytest.fixture
def rooms(session: Session, site: Site) -> tuple[Room, Room]:
    return (
        make_room(session, site, "CT01", opens=time(9), closes=time(17)),
        make_room(session, site, "CT02", opens=time(9), closes=time(17)),
    )


def booked(session: Session, room: Room, hours: float, **words: object) -> ScheduledProcedureStep:
    priority = words.get("priority", Priority.ROUTINE)
    patient_class = words.get("patient_class", PatientClass.OUTPATIENT)
    assert isinstance(priority, Priority)
    assert isinstance(patient_class, PatientClass)
    exam = make_exam(session, priority=priority, patient_class=patient_class)
    service.book(session, exam, room_id=room.id, starts_at=NOW + hours * HOUR, actor=ACTOR, now=NOW)
    return exam


def close(session: Session, room: Room, first: float, last: float) -> None:
    during = as_range(Interval(NOW + first * HOUR, NOW + last * HOUR))
    session.add(Closure(resource_id=room.id, during=during, reason="Broken"))
    session.flush()


def proposed(session: Session) -> ReplanProposal:
    made = replanning.propose(
        session, reason="CT01 is broken.", actor=ACTOR, now=NOW, seconds=_SECONDS
    )
    assert made is not None
    return made


def test_displaced_exams_keep_their_time_in_the_other_room(
    session: Session, rooms: tuple[Room, Room]
) -> None:
    exams = [booked(session, rooms[0], 24 + number) for number in range(3)]
    staying = booked(session, rooms[1], 27)
    before = [one.starts_at for one in exams]
    close(session, rooms[0], 24, 32)
    made = proposed(session)
    assert [move.exam_id for move in made.moves] == [one.id for one in exams]
    assert not any(move.must_call for move in made.moves)
    replanning.apply(session, made.id, actor="user:lead", now=NOW)
    assert [one.starts_at for one in exams] == before
    assert {one.room_id for one in (*exams, staying)} == {rooms[1].id}
    assert made.status is ProposalStatus.APPLIED


def test_the_command_tells_times_by_the_clock_of_the_rooms_site(
    site: Site, rooms: tuple[Room, Room]
) -> None:
    site.time_zone = "Europe/Vienna"
    assert replan.place(rooms[0], NOW) == "CT01 Tue 24 Nov 10:00"
    assert replan.place(None, None) == "no place in these days"


def test_who_must_be_called_is_told(session: Session, rooms: tuple[Room, Room]) -> None:
    moved = booked(session, rooms[0], 24)
    booked(session, rooms[1], 24)
    close(session, rooms[0], 24, 32)
    (move,) = proposed(session).moves
    assert (move.exam_id, move.must_call) == (moved.id, True)
    assert move.starts_after == NOW + 24.5 * HOUR  # right after the one who stays


def test_without_a_better_plan_none_is_proposed(session: Session, rooms: tuple[Room, Room]) -> None:
    booked(session, rooms[0], 24)
    booked(session, rooms[1], 24)
    assert replanning.propose(session, reason="Nightly.", actor=ACTOR, now=NOW) is None


def test_urgent_exam_is_pulled_forward_before_routine_ones(
    session: Session, rooms: tuple[Room, Room]
) -> None:
    # Half an hour is left in the day: the urgent one of the two displaced gets it.
    routine = booked(session, rooms[0], 24)
    urgent = booked(session, rooms[0], 25, priority=Priority.URGENT)
    close(session, rooms[0], 0, 80)
    close(session, rooms[1], 0, 28)
    close(session, rooms[1], 28.5, 80)
    moves = {move.exam_id: move for move in proposed(session).moves}
    assert moves[urgent.id].starts_after == NOW + 28 * HOUR
    assert moves[routine.id].starts_after is None


def test_plan_that_no_longer_fits_changes_nothing(
    session: Session, rooms: tuple[Room, Room]
) -> None:
    exams = [booked(session, rooms[0], 24 + number) for number in range(2)]
    close(session, rooms[0], 24, 32)
    made = proposed(session)
    booked(session, rooms[1], 25)
    with pytest.raises(replanning.PlanStaleError):
        replanning.apply(session, made.id, actor="user:lead", now=NOW)
    for exam in exams:
        session.refresh(exam)
    assert {(one.room_id, one.status) for one in exams} == {(rooms[0].id, StepStatus.SCHEDULED)}
    session.refresh(made)
    assert made.status is ProposalStatus.OPEN


def test_needed_staff_is_kept(session: Session, site: Site, rooms: tuple[Room, Room]) -> None:
    # One nurse: two exams that need her cannot move to the same time in two rooms.
    nurse = make_resource(session, site, "NU01", ResourceKind.NURSE)
    make_room(session, site, "CT03", opens=time(9), closes=time(17))
    make_procedure(
        session,
        "77012",
        duration_minutes=30,
        phases=(("nurse", ResourceKind.NURSE, 0, 30),),
    )
    for number in range(2):
        exam = make_exam(
            session,
            procedure="77012",
            priority=Priority.ROUTINE,
            patient_class=PatientClass.OUTPATIENT,
        )
        when = NOW + (24 + number / 2) * HOUR
        service.book(session, exam, room_id=rooms[0].id, starts_at=when, actor=ACTOR, now=NOW)
    close(session, rooms[0], 24, 32)
    made = proposed(session)
    replanning.apply(session, made.id, actor="user:lead", now=NOW)
    held = session.scalars(select(Reservation).where(Reservation.resource_id == nurse.id)).all()
    assert sorted(one.during.lower for one in held if one.during.lower) == [
        NOW + 24 * HOUR,
        NOW + 24.5 * HOUR,
    ]


def test_closing_tells_who_must_leave_and_moves_nobody(
    session: Session, rooms: tuple[Room, Room]
) -> None:
    inside, outside = booked(session, rooms[0], 24), booked(session, rooms[0], 26)
    during = Interval(NOW + 24 * HOUR, NOW + 25 * HOUR)
    left = closing.close(session, rooms[0].id, during, "Service", actor="user:lead", now=NOW)
    assert [one.id for one in left] == [inside.id]
    assert (inside.starts_at, outside.starts_at) == (NOW + 24 * HOUR, NOW + 26 * HOUR)


def test_a_radiologist_who_leaves_early_shows_whose_contrast_nobody_attends(
    session: Session, site: Site, rooms: tuple[Room, Room]
) -> None:
    """Contrast wants a radiologist at the site, not one for itself: nobody is reserved."""
    doctor = make_resource(session, site, "RA01", ResourceKind.RADIOLOGIST)
    make_resource(session, site, "CH01", ResourceKind.PREPARATION_CHAIR)
    make_contrast_ct(session, "71260", body_part="HEAD")
    exam = make_exam(session, procedure="71260")
    late = NOW + 24 * HOUR + 6 * HOUR
    service.book(session, exam, room_id=rooms[0].id, starts_at=late, actor=ACTOR, now=NOW)
    plain = booked(session, rooms[1], 30)
    mornings = [WeeklyHours(day, time(8), time(12)) for day in range(1, 8)]
    left = closing.change_hours(session, doctor.id, mornings, actor=ACTOR, now=NOW)
    assert [one.id for one in left] == [exam.id]
    proposal = proposed(session)
    replanning.apply(session, proposal.id, actor=ACTOR, now=NOW)
    assert exam.starts_at is not None
    assert time(9) <= exam.starts_at.time() < time(12)
    assert plain.starts_at == NOW + 30 * HOUR


def contrast_exam(session: Session, room: Room, starts_at: datetime) -> ScheduledProcedureStep:
    """Book an exam with contrast, for which a radiologist has to be at work."""
    make_contrast_ct(session, "71260", duration_minutes=30, body_part="HEAD")
    exam = make_exam(session, procedure="71260")
    service.book(session, exam, room_id=room.id, starts_at=starts_at, actor=ACTOR, now=NOW)
    return exam


@pytest.mark.parametrize("minutes", [-20, 20])
def test_an_exam_that_only_reaches_into_the_radiologists_absence_is_told(
    session: Session, site: Site, rooms: tuple[Room, Room], minutes: int
) -> None:
    doctor = make_resource(session, site, "RA01", ResourceKind.RADIOLOGIST)
    make_resource(session, site, "CH01", ResourceKind.PREPARATION_CHAIR)
    starts_at = NOW + 26 * HOUR
    exam = contrast_exam(session, rooms[0], starts_at)
    away_from = starts_at + timedelta(minutes=minutes)
    away = Interval(away_from, away_from + timedelta(minutes=30))
    left = closing.close(session, doctor.id, away, "Meeting", actor=ACTOR, now=NOW)
    assert [one.id for one in left] == [exam.id]


def test_whoever_stands_in_is_at_work_for_the_radiologist_who_leaves(
    session: Session, site: Site, rooms: tuple[Room, Room]
) -> None:
    doctor = make_resource(session, site, "RA01", ResourceKind.RADIOLOGIST)
    make_resource(session, site, "RA02", ResourceKind.RADIOLOGIST)
    make_resource(session, site, "CH01", ResourceKind.PREPARATION_CHAIR)
    contrast_exam(session, rooms[0], NOW + 26 * HOUR)
    assert closing.change_hours(session, doctor.id, [], actor=ACTOR, now=NOW) == []


@pytest.mark.parametrize("kind", [ResourceKind.NURSE, ResourceKind.ANAESTHETIST])
def test_who_leaves_is_replaced_by_a_colleague_at_the_same_time(
    session: Session, site: Site, rooms: tuple[Room, Room], kind: ResourceKind
) -> None:
    """Somebody who was reserved goes home: the exam keeps its time with whoever is free."""
    first = make_resource(session, site, "ST01", kind)
    second = make_resource(session, site, "ST02", kind)
    make_procedure(session, "77012", duration_minutes=30, phases=(("staff", kind, 0, 30),))
    exam = make_exam(
        session,
        procedure="77012",
        priority=Priority.ROUTINE,
        patient_class=PatientClass.OUTPATIENT,
    )
    starts_at = NOW + 26 * HOUR
    service.book(session, exam, room_id=rooms[0].id, starts_at=starts_at, actor=ACTOR, now=NOW)
    left = closing.change_hours(session, first.id, [], actor=ACTOR, now=NOW)
    assert [one.id for one in left] == [exam.id]
    made = proposed(session)
    assert [(one.starts_after, one.must_call) for one in made.moves] == [(starts_at, False)]
    replanning.apply(session, made.id, actor=ACTOR, now=NOW)
    assert (exam.room_id, exam.starts_at) == (rooms[0].id, starts_at)
    held = session.scalars(select(Reservation.resource_id).where(Reservation.exam_id == exam.id))
    assert second.id in set(held)
    assert first.id not in set(held)


def test_reopened_room_can_be_booked_again(session: Session, rooms: tuple[Room, Room]) -> None:
    during = Interval(NOW + HOUR, NOW + 3 * HOUR)
    closing.close(session, rooms[0].id, during, "Service", actor="user:lead", now=NOW)
    closure = session.scalars(select(Closure)).one()
    with pytest.raises(service.SlotTakenError):
        booked(session, rooms[0], 2)
    closing.reopen(session, closure.id, actor="user:lead", now=NOW)
    assert booked(session, rooms[0], 2).starts_at == NOW + 2 * HOUR
