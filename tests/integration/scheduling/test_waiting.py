"""Freed slots offered to those who wait: in order, for a time, by the desk's word."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import ACTOR, NOW, make_exam
from tests.support.full_scanner import make_day_scanner
from worklist.audit.models import AuditEvent
from worklist.catalogue.models import Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling import service
from worklist.scheduling.placement import place
from worklist.scheduling.waiting import queries
from worklist.scheduling.waiting import service as waiting
from worklist.scheduling.waiting.models import OfferStatus, SlotOffer
from worklist.scheduling.waiting.records import open_entry
from worklist.vocabulary import PatientClass, Priority

HOUR = timedelta(hours=1)
DESK = "user:desk"
WAITING = ("exam.waiting", "exam.offered", "exam.offer_declined", "exam.left_waiting")


@pytest.fixture
def room(session: Session) -> Room:
    return make_day_scanner(session)


def booked(
    session: Session, room: Room, hours: float, priority: Priority = Priority.ROUTINE
) -> ScheduledProcedureStep:
    exam = make_exam(session, priority=priority, patient_class=PatientClass.OUTPATIENT)
    when = NOW + hours * HOUR
    service.book(session, exam, room_id=room.id, starts_at=when, actor=ACTOR, now=NOW)
    return exam


def waits(
    session: Session, room: Room, hours: float, priority: Priority = Priority.ROUTINE
) -> ScheduledProcedureStep:
    exam = booked(session, room, hours, priority)
    waiting.enrol(session, exam, note="Would come any time.", actor=DESK, now=NOW)
    return exam


def offers(session: Session, minutes: int = 0) -> list[SlotOffer]:
    when = NOW + timedelta(minutes=minutes)
    return waiting.offer_freed_slots(session, actor=ACTOR, now=when)


def cancelled(session: Session, room: Room, hours: float) -> None:
    exam = booked(session, room, hours)
    service.cancel_exam(session, exam, actor=DESK, now=NOW, reason="Well again")


def test_cancelled_slot_goes_to_the_most_urgent_who_can_take_it(
    session: Session, room: Room
) -> None:
    waits(session, room, 72)
    urgent = waits(session, room, 74, Priority.ASAP)
    booked(session, room, 76, Priority.URGENT)  # does not wait: is not asked
    cancelled(session, room, 48)
    (offer,) = offers(session)
    assert (offer.exam_id, offer.starts_at) == (urgent.id, NOW + 48 * HOUR)
    assert offers(session) == []  # one at a time
    assert [one.id for one in session.scalars(queries.open_offers(now=NOW))] == [offer.id]
    assert urgent.starts_at == NOW + 74 * HOUR  # nothing moves before the desk says so


def test_accepted_offer_moves_the_exam_and_offers_its_old_slot(
    session: Session, room: Room
) -> None:
    first, second = waits(session, room, 72), waits(session, room, 74)
    cancelled(session, room, 48)
    (offer,) = offers(session)
    waiting.accept(session, offer.id, actor=DESK, now=NOW)
    assert first.starts_at == NOW + 48 * HOUR
    assert open_entry(session, first.id) is None
    (following,) = offers(session)
    assert (following.exam_id, following.starts_at) == (second.id, NOW + 72 * HOUR)


@pytest.mark.parametrize("ending", [OfferStatus.DECLINED, OfferStatus.EXPIRED])
def test_refused_or_expired_offer_goes_to_the_next(
    session: Session, room: Room, ending: OfferStatus
) -> None:
    first, second = waits(session, room, 72), waits(session, room, 74)
    cancelled(session, room, 48)
    (offer,) = offers(session)
    later = 0
    if ending is OfferStatus.DECLINED:
        waiting.decline(session, offer.id, actor=DESK, now=NOW)
    else:
        later = 120  # two hours to answer
    (following,) = offers(session, later)
    assert (offer.exam_id, offer.status) == (first.id, ending)
    assert following.exam_id == second.id
    with pytest.raises(waiting.OfferClosedError):
        waiting.accept(session, offer.id, actor=DESK, now=NOW + timedelta(minutes=later))
    assert open_entry(session, first.id) is not None


def test_offer_is_withdrawn_when_somebody_books_the_slot(session: Session, room: Room) -> None:
    waits(session, room, 72)
    cancelled(session, room, 48)
    (offer,) = offers(session)
    booked(session, room, 48)
    with pytest.raises(service.SlotTakenError):
        waiting.accept(session, offer.id, actor=DESK, now=NOW)
    offers(session)
    assert offer.status is OfferStatus.WITHDRAWN


def test_exam_placed_after_its_target_waits_by_itself(session: Session, room: Room) -> None:
    # URGENT wants 24 hours; the room is full for them.
    exams = [booked(session, room, hours / 2) for hours in range(16)]
    late = make_exam(session, priority=Priority.URGENT)
    place(session, late.id, actor=ACTOR, now=NOW)
    assert late.starts_at == NOW + 24 * HOUR  # 09:00 on the next day is within 24 hours
    later = make_exam(session, priority=Priority.URGENT)
    place(session, later.id, actor=ACTOR, now=NOW)
    assert open_entry(session, late.id) is None
    assert open_entry(session, later.id) is not None
    service.cancel_exam(session, exams[4], actor=DESK, now=NOW, reason="")
    (offer,) = offers(session)
    assert (offer.exam_id, offer.starts_at) == (later.id, NOW + 2 * HOUR)


def test_what_happens_on_the_waiting_list_is_told_of_exam_order_and_patient(
    session: Session, room: Room
) -> None:
    exam = waits(session, room, 72)
    cancelled(session, room, 48)
    (offer,) = offers(session)
    waiting.decline(session, offer.id, actor=DESK, now=NOW)
    waiting.leave(session, exam.id, actor=DESK, now=NOW)
    of_exam = select(AuditEvent).where(AuditEvent.exam_id == exam.id).order_by(AuditEvent.id)
    events = [one for one in session.scalars(of_exam) if one.action in WAITING]
    assert [one.action for one in events] == list(WAITING)
    concerned = {(one.patient_id, one.order_id) for one in events}
    assert concerned == {(exam.patient_id, exam.order.id)}
