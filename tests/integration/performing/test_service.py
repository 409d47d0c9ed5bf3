"""What people do on the day of the exam."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_scanner,
)
from tests.support.dicom import schedule
from tests.support.performed import make_report
from worklist import nudge
from worklist.audit.models import AuditEvent
from worklist.errors import DomainError
from worklist.orders import holds
from worklist.orders import service as orders
from worklist.orders.models import ExamHold, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.orders.steps import OrderStateError
from worklist.performing import performed, service
from worklist.performing.models import PerformedStatus
from worklist.performing.reports import PerformedChange, PerformedReport, ScheduledLink
from worklist.scheduling.models import Reservation

LATER = NOW + timedelta(minutes=20)


@pytest.fixture
def exam(session: Session) -> ScheduledProcedureStep:
    room = make_scanner(session)
    return schedule(session, room, NOW + timedelta(hours=1))


def do(verb: Any, session: Session, exam: ScheduledProcedureStep, **detail: Any) -> None:
    verb(session, exam, actor="user:tech", now=NOW, **detail)


def actions(session: Session, exam: ScheduledProcedureStep) -> list[str]:
    statement = select(AuditEvent.action).where(AuditEvent.exam_id == exam.id)
    return list(session.scalars(statement.order_by(AuditEvent.id)))


def test_the_way_of_a_patient(session: Session, exam: ScheduledProcedureStep) -> None:
    do(service.check_in, session, exam)
    assert (exam.status, exam.arrived_at) == (StepStatus.ARRIVED, NOW)
    do(service.make_ready, session, exam)
    assert exam.status is StepStatus.READY
    do(service.start, session, exam)
    assert (exam.status, exam.started_at) == (StepStatus.STARTED, NOW)
    service.complete(session, exam, actor="user:tech", now=LATER)
    assert (exam.status, exam.ended_at) == (StepStatus.COMPLETED, LATER)
    assert actions(session, exam)[-4:] == [
        "exam.arrived",
        "exam.ready",
        "exam.started",
        "exam.completed",
    ]


def ask(session: Session, exam: ScheduledProcedureStep) -> ExamHold:
    hold = ExamHold(
        rule="MR-03",
        role="mr_safety_officer",
        question="What does the form say?",
        finding={},
        raised_at=NOW,
    )
    exam.holds.append(hold)
    session.flush()
    return hold


@pytest.mark.parametrize("verb", [service.make_ready, service.start, service.complete])
def test_nobody_goes_into_the_room_while_a_question_is_open(
    session: Session, exam: ScheduledProcedureStep, verb: Any
) -> None:
    hold = ask(session, exam)
    do(service.check_in, session, exam)
    with pytest.raises(service.OpenQuestionError, match="What does the form say"):
        do(verb, session, exam)
    assert exam.status is StepStatus.ARRIVED
    holds.resolve(session, hold, "answered", actor="user:tech", now=NOW)
    do(verb, session, exam)
    assert exam.status is not StepStatus.ARRIVED


def test_a_scanner_that_begins_in_spite_of_a_question_is_followed_and_the_trail_says_so(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    hold = ask(session, exam)
    performed.create(session, report_of(exam), actor="station:CT01", now=NOW)
    assert exam.status is StepStatus.STARTED
    assert hold.resolved_at is None
    warned = session.scalars(
        select(AuditEvent).where(AuditEvent.action == "exam.begun_with_questions")
    ).one()
    assert warned.exam_id == exam.id
    assert warned.detail["questions"] == ["What does the form say?"]
    do(service.complete, session, exam)
    assert hold.resolution == "withdrawn"


def test_twice_is_once(session: Session, exam: ScheduledProcedureStep) -> None:
    for verb in (service.check_in, service.start, service.complete):
        do(verb, session, exam)
        before = len(actions(session, exam))
        do(verb, session, exam)
        assert len(actions(session, exam)) == before


def test_a_completed_exam_goes_to_the_reading_queue(
    session: Session, exam: ScheduledProcedureStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(nudge, "task", lambda _, name, argument: sent.append((name, argument)))
    do(service.complete, session, exam)
    assert ("workers.reading.admit", exam.requested_procedure_id) in sent


def test_an_exam_begun_early_keeps_its_slot(session: Session, exam: ScheduledProcedureStep) -> None:
    session.add(
        Reservation(
            exam_id=exam.id,
            resource_id=exam.room_id,
            phase="room",
            during=func.tstzrange(exam.starts_at, exam.ends_at),
        )
    )
    slot = (exam.starts_at, exam.ends_at)
    do(service.start, session, exam)
    assert (exam.starts_at, exam.ends_at) == slot
    assert session.scalar(select(func.count(Reservation.id))) == 1


def test_discontinuing_needs_a_reason_and_a_start(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    with pytest.raises(OrderStateError):
        do(service.discontinue, session, exam, reason="Claustrophobia")
    do(service.start, session, exam)
    with pytest.raises(DomainError, match="reason"):
        do(service.discontinue, session, exam, reason=" ")
    do(service.discontinue, session, exam, reason="Claustrophobia")
    assert (exam.status, exam.status_reason) == (StepStatus.DISCONTINUED, "Claustrophobia")


def test_an_exam_ended_by_mistake_goes_on(session: Session, exam: ScheduledProcedureStep) -> None:
    do(service.complete, session, exam)
    do(service.start, session, exam)
    assert (exam.status, exam.ended_at) == (StepStatus.STARTED, None)


@pytest.mark.parametrize(
    "verb", [service.check_in, service.make_ready, service.start, service.complete]
)
def test_without_a_slot_nothing_is_done_by_hand(
    session: Session, exam: ScheduledProcedureStep, verb: Any
) -> None:
    unplaced = make_exam(session)
    with pytest.raises(OrderStateError, match="UNSCHEDULED"):
        do(verb, session, unplaced)
    assert exam.status is StepStatus.SCHEDULED


def report_of(exam: ScheduledProcedureStep, **fields: Any) -> PerformedReport:
    link = ScheduledLink(
        study_instance_uid=exam.requested_procedure.study_instance_uid,
        scheduled_procedure_step_id=exam.scheduled_procedure_step_id,
    )
    return make_report(**{"links": (link,)} | fields)


@pytest.mark.parametrize("status", [StepStatus.HELD, StepStatus.CANCELED, StepStatus.NO_SHOW])
def test_what_a_scanner_did_is_done_whatever_was_planned(
    session: Session, exam: ScheduledProcedureStep, status: StepStatus
) -> None:
    orders.set_status(session, exam, status, actor=ACTOR, now=NOW)
    exam.room_id = exam.station_id = exam.starts_at = exam.ends_at = None
    hold = ExamHold(
        exam_id=exam.id, rule="PR1", role="reader", question="?", finding={}, raised_at=NOW
    )
    session.add(hold)
    session.flush()
    performed.create(session, report_of(exam), actor="station:CT01", now=LATER)
    assert exam.status is StepStatus.STARTED
    assert exam.starts_at == NOW
    assert exam.room is not None
    assert hold.resolved_at is None


def test_a_persons_end_stands_against_a_scanner_that_goes_on(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    step = performed.create(session, report_of(exam), actor="station:CT01", now=NOW)
    service.complete(session, exam, actor="user:tech", now=LATER)
    change = PerformedChange(status=PerformedStatus.DISCONTINUED, ended_at=LATER, attributes={})
    performed.update(session, step, change, actor="station:CT01", now=LATER)
    assert exam.status is StepStatus.COMPLETED


def test_no_exam_ends_before_it_began(session: Session, exam: ScheduledProcedureStep) -> None:
    """The scanner's clock was set back by an hour while it scanned."""
    step = performed.create(session, report_of(exam), actor="station:CT01", now=NOW)
    earlier = NOW - timedelta(hours=1)
    change = PerformedChange(status=PerformedStatus.COMPLETED, ended_at=earlier, attributes={})
    performed.update(session, step, change, actor="station:CT01", now=LATER)
    assert (exam.started_at, exam.ended_at) == (NOW, NOW)


def test_an_accession_number_of_another_order_breaks_the_link(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    """The same SPS ID may be another system's."""
    link = ScheduledLink(
        study_instance_uid="2.25.5",
        scheduled_procedure_step_id=exam.scheduled_procedure_step_id,
        accession_number="FOREIGN",
    )
    step = performed.create(session, report_of(exam, links=(link,)), actor="station:CT01", now=NOW)
    assert step.exams == []
    assert exam.status is StepStatus.SCHEDULED


def test_another_patients_number_is_noted(session: Session, exam: ScheduledProcedureStep) -> None:
    make_patient(session)
    performed.create(session, report_of(exam, patient_id="WRONG"), actor="station:CT01", now=NOW)
    [event] = session.scalars(
        select(AuditEvent).where(
            AuditEvent.exam_id == exam.id, AuditEvent.action == "exam.reported"
        )
    )
    assert event.detail["other_patient_number"] is True
