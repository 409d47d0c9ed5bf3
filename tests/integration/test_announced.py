"""What services keep in the trail for the messages to other systems."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_scanner,
    make_site,
)
from worklist.audit import service as audit
from worklist.audit.models import AnnouncedEvent, AuditEvent
from worklist.errors import ConflictError
from worklist.orders import trail
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients import facts as clinical_facts
from worklist.scheduling import service as scheduling


def announced(session: Session, exam: ScheduledProcedureStep) -> Sequence[AuditEvent]:
    return session.scalars(
        select(AuditEvent)
        .join(AnnouncedEvent)
        .where(AuditEvent.exam_id == exam.id)
        .order_by(AuditEvent.id)
    ).all()


def test_booking_moving_and_cancelling_are_announced_with_their_slots(session: Session) -> None:
    site = make_site(session)
    first, second = make_room(session, site, "CT01"), make_room(session, site, "CT02")
    make_procedure(session)
    exam = make_exam(session)
    early, late = NOW + timedelta(hours=1), NOW + timedelta(hours=3)
    scheduling.book(session, exam, room_id=first.id, starts_at=early, actor=ACTOR, now=NOW)
    scheduling.book(session, exam, room_id=second.id, starts_at=late, actor=ACTOR, now=NOW)
    scheduling.cancel_exam(session, exam, actor=ACTOR, now=NOW, reason="Not needed")
    received, scheduled, moved, cancelled = announced(session, exam)
    assert [one.action for one in (received, scheduled, moved, cancelled)] == [
        "order.received",
        "exam.scheduled",
        "exam.moved",
        "exam.canceled",
    ]

    def slot(room: int, station: int, hour: int) -> dict[str, object]:
        return {
            "starts_at": f"2026-11-24T{hour}:00:00+00:00",
            "ends_at": f"2026-11-24T{hour}:15:00+00:00",
            "room_id": room,
            "station_id": station,
        }

    before = slot(first.id, first.stations[0].id, 10)
    after = slot(second.id, second.stations[0].id, 12)
    assert scheduled.detail["slot"] == before
    assert scheduled.detail["order_status"] == "scheduled"
    assert (moved.detail["previous_slot"], moved.detail["slot"]) == (before, after)
    assert (cancelled.detail["slot"], cancelled.detail["order_status"]) == (after, "canceled")
    assert cancelled.detail["reason"] == "Not needed"


def test_booking_the_same_slot_again_moves_nothing(session: Session) -> None:
    room = make_scanner(session)
    exam = make_exam(session)
    for _ in range(2):
        starts_at = NOW + timedelta(hours=1)
        scheduling.book(session, exam, room_id=room.id, starts_at=starts_at, actor=ACTOR, now=NOW)
    assert [one.action for one in announced(session, exam)] == ["order.received", "exam.scheduled"]


def test_what_stays_inside_is_not_announced(session: Session) -> None:
    patient = make_patient(session)
    clinical_facts.record(session, patient.id, (), actor=ACTOR, now=NOW)
    session.flush()
    waiting = session.scalars(select(AnnouncedEvent).join(AuditEvent)).all()
    assert [one.event.action for one in waiting] == []


def test_events_recorded_together_are_written_in_their_order_at_the_end(session: Session) -> None:
    make_site(session)
    make_procedure(session)
    exam = make_exam(session)
    with audit.together(session):
        for number, action in enumerate(("exam.waiting", "exam.held", "exam.scheduled")):
            trail.record(session, exam, action, actor=ACTOR, now=NOW, number=number, kept=None)
    written = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(3)).all()
    assert [(one.action, one.detail) for one in reversed(written)] == [
        ("exam.waiting", {"number": 0, "kept": None}),
        ("exam.held", {"number": 1, "kept": None}),
        ("exam.scheduled", {"number": 2, "kept": None}),
    ]
    assert {(one.exam_id, one.patient_id, one.actor, one.occurred_at) for one in written} == {
        (exam.id, exam.patient_id, ACTOR, NOW)
    }
    told = [one.action for one in announced(session, exam)]
    assert told == ["order.received", "exam.held", "exam.scheduled"]


def test_of_what_failed_no_event_is_written(session: Session) -> None:
    make_site(session)
    make_procedure(session)
    exam = make_exam(session)

    def fail() -> None:
        with audit.together(session):
            trail.record(session, exam, "exam.held", actor=ACTOR, now=NOW)
            raise ConflictError("Others were faster.")

    with pytest.raises(ConflictError):
        fail()
    assert [one.action for one in announced(session, exam)] == ["order.received"]
    trail.record(session, exam, "exam.held", actor=ACTOR, now=NOW)
    assert [one.action for one in announced(session, exam)] == ["order.received", "exam.held"]
