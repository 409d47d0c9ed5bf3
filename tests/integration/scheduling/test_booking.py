"""Booking, moving and giving back by hand; orders that change; merged patients."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_scanner,
)
from worklist.catalogue.models import Room
from worklist.orders import service as orders
from worklist.orders.details import OrderDetails
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.orders.steps import OrderStateError
from worklist.scheduling import booking, merged_patients, ordering, service
from worklist.scheduling.assessment import assess
from worklist.scheduling.models import Reservation
from worklist.scheduling.placement import place
from worklist.scheduling.search import find_slots
from worklist.vocabulary import PatientClass, Priority

HOUR = timedelta(hours=1)


@pytest.fixture
def room(session: Session) -> Room:
    return make_scanner(session)


def reserved(session: Session, exam: ScheduledProcedureStep) -> int:
    statement = select(func.count()).where(Reservation.exam_id == exam.id)
    return session.scalar(statement) or 0


def book(session: Session, exam: ScheduledProcedureStep, room: Room, hours: int) -> None:
    service.book(
        session, exam, room_id=room.id, starts_at=NOW + hours * HOUR, actor="user:desk", now=NOW
    )


def test_booked_by_hand_and_moved_keeps_one_slot(session: Session, room: Room) -> None:
    exam = make_exam(session)
    book(session, exam, room, 2)
    book(session, exam, room, 3)
    assert exam.starts_at == NOW + 3 * HOUR
    assert exam.status is StepStatus.SCHEDULED
    assert reserved(session, exam) == 2  # the room and the patient


def test_taken_slot_is_refused_with_free_ones(session: Session, room: Room) -> None:
    first, second = make_exam(session), make_exam(session)
    book(session, first, room, 1)
    with pytest.raises(service.SlotTakenError) as refused:
        book(session, second, room, 1)
    assert refused.value.alternatives
    assert all(slot.starts_at >= NOW + HOUR for slot in refused.value.alternatives)
    assert second.status is StepStatus.UNSCHEDULED
    book(session, second, room, 2)
    with pytest.raises(service.SlotTakenError):
        book(session, second, room, 1)
    assert second.starts_at == NOW + 2 * HOUR  # a refused move changes nothing


@pytest.mark.parametrize("had_a_slot", [False, True])
def test_a_lost_race_leaves_the_exam_what_it_had(
    session: Session, room: Room, *, had_a_slot: bool
) -> None:
    exam, faster = make_exam(session), make_exam(session)
    if had_a_slot:
        book(session, exam, room, 3)
    before = reserved(session, exam)
    (free,) = find_slots(session, exam, now=NOW, limit=1)
    service.book(session, faster, room_id=room.id, starts_at=free.starts_at, actor=ACTOR, now=NOW)
    plan = assess(session, exam, now=NOW).plan
    # The patient would be free then, the room is not: neither is taken.
    assert not booking.take(session, exam, room, free, plan, actor=ACTOR, now=NOW)
    assert reserved(session, exam) == before
    assert exam.starts_at == (NOW + 3 * HOUR if had_a_slot else None)
    book(session, exam, room, 4)
    assert reserved(session, exam) == 2


def test_put_back_exam_is_left_to_the_desk(session: Session, room: Room) -> None:
    exam = make_exam(session)
    book(session, exam, room, 1)
    service.unschedule(session, exam, actor="user:desk", now=NOW, reason="Patient asked")
    assert (exam.status, exam.starts_at, reserved(session, exam)) == (
        StepStatus.UNSCHEDULED,
        None,
        0,
    )
    assert place(session, exam.id, actor=ACTOR, now=NOW) is None


def test_cancelled_order_gives_its_slot_back(session: Session, room: Room) -> None:
    exam = make_exam(session)
    book(session, exam, room, 1)
    ordering.cancel_order(session, exam.order, actor=ACTOR, now=NOW, reason="Not needed")
    assert exam.status is StepStatus.CANCELED
    assert reserved(session, exam) == 0


def test_started_exam_cannot_be_cancelled(session: Session, room: Room) -> None:
    exam = make_exam(session)
    book(session, exam, room, 1)
    orders.set_status(session, exam, StepStatus.STARTED, actor=ACTOR, now=NOW)
    with pytest.raises(OrderStateError, match="STARTED cannot become CANCELED"):
        ordering.cancel_order(session, exam.order, actor=ACTOR, now=NOW)
    assert reserved(session, exam) == 2


def details(exam: ScheduledProcedureStep, procedure: str, priority: Priority) -> OrderDetails:
    return OrderDetails(
        procedure_code=procedure,
        priority=priority,
        patient_class=PatientClass.INPATIENT,
        ordered_at=NOW,
        placer_order_number=exam.order.placer_order_number,
        placer_issuer="TEST",
    )


def test_changed_procedure_is_placed_anew(session: Session, room: Room) -> None:
    make_procedure(session, "70450", duration_minutes=30)
    exam = make_exam(session)
    book(session, exam, room, 1)
    changed = details(exam, "70450", Priority.URGENT)
    ordering.change_order(session, exam.order, changed, actor=ACTOR, now=NOW)
    assert exam.status is StepStatus.UNSCHEDULED
    place(session, exam.id, actor=ACTOR, now=NOW)
    session.refresh(exam)
    assert exam.starts_at is not None
    assert exam.ends_at == exam.starts_at + timedelta(minutes=30)


def test_same_order_again_changes_nothing(session: Session, room: Room) -> None:
    exam = make_exam(session)
    book(session, exam, room, 1)
    same = details(exam, "71250", Priority.URGENT)
    ordering.change_order(session, exam.order, same, actor=ACTOR, now=NOW)
    assert exam.starts_at == NOW + HOUR


def test_merge_moves_everything_and_frees_the_double_place(session: Session, room: Room) -> None:
    other_room = make_room(session, room.resource.site, "CT02")
    kept, merged = make_patient(session, "DOE^JANE"), make_patient(session, "DOE^J")
    first = make_exam(session, patient=kept)
    make_procedure(session, "70450", body_part="HEAD")
    make_procedure(session, "74176", body_part="ABDOMEN")
    same_time = make_exam(session, patient=merged, procedure="70450")
    later = make_exam(session, patient=merged, procedure="74176")
    book(session, first, room, 1)
    book(session, same_time, other_room, 1)
    book(session, later, other_room, 4)
    merged_patients.merge(session, survivor_id=kept.id, merged_id=merged.id, actor=ACTOR, now=NOW)
    for exam in (first, same_time, later):
        session.refresh(exam)
    assert {exam.patient_id for exam in (first, same_time, later)} == {kept.id}
    assert (same_time.status, later.status) == (StepStatus.UNSCHEDULED, StepStatus.SCHEDULED)
    assert merged.merged_into_id == kept.id


def test_slots_offered_are_free_and_in_order(session: Session, room: Room) -> None:
    other = make_exam(session)
    book(session, other, room, 0)
    exam = make_exam(session)
    slots = find_slots(session, exam, now=NOW, limit=5)
    assert [slot.starts_at for slot in slots] == [
        NOW + timedelta(minutes=15 * step) for step in range(1, 6)
    ]
