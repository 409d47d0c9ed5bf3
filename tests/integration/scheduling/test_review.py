"""What changed thresholds do to exams that are booked: each is judged again, once, durably."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_contrast_ct,
    make_exam,
    make_patient,
    make_procedure,
    make_resource,
    make_room,
    make_site,
)
from worklist.catalogue.models import ResourceKind
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.performing import service as performing
from worklist.rulebook import queries, service
from worklist.scheduling import queries as scheduling_queries
from worklist.scheduling import review
from worklist.scheduling import service as scheduling
from worklist.scheduling.placement import place
from worklist.vocabulary import PatientClass

LATER = NOW + timedelta(seconds=30)


@pytest.fixture
def department(session: Session) -> None:
    """A CT with contrast and chairs to rest in, and an MR with a bore of 60 cm."""
    site = make_site(session)
    make_room(session, site, "CT01")
    for code in ("CH01", "CH02", "CH03"):
        make_resource(session, site, code, ResourceKind.PREPARATION_CHAIR)
    make_room(session, site, "MR01", modality="MR", capabilities=(), bore_cm=60)
    make_contrast_ct(session)
    make_procedure(session, "70551", modality="MR", ionising=False, body_part="HEAD")


def booked(session: Session, code: str, kind: FactKind, number: float) -> ScheduledProcedureStep:
    patient = make_patient(session)
    fact = FactDetails(
        kind=kind, value={"number": number}, observed_at=NOW, origin=FactOrigin.LABORATORY
    )
    scheduling.record_facts(session, patient.id, [fact], actor=ACTOR, now=NOW)
    exam = make_exam(
        session, patient=patient, procedure=code, patient_class=PatientClass.OUTPATIENT
    )
    place(session, exam.id, actor=ACTOR, now=NOW)
    assert exam.status is StepStatus.SCHEDULED
    return exam


def change(session: Session, **values: object) -> None:
    service.change(session, values, reason="Committee", actor=ACTOR, now=NOW)


def run(session: Session) -> int:
    """Review to the end; return how many exams were judged."""
    judged = 0
    while review.review_next(session, actor=ACTOR, now=LATER):
        judged += 1
    return judged


def open_rules(exam: ScheduledProcedureStep) -> list[str]:
    return [hold.rule for hold in exam.holds if hold.resolved_at is None]


@pytest.mark.usefixtures("department")
def test_a_booked_exam_keeps_its_slot_and_gets_the_new_question(session: Session) -> None:
    asked = booked(session, "71250", FactKind.EGFR, 33)
    other = booked(session, "71250", FactKind.EGFR, 80)
    change(session, egfr_low=35)
    assert run(session) == 2
    assert open_rules(asked) == ["IC-02"]
    assert (asked.status, open_rules(other)) == (StepStatus.SCHEDULED, [])
    told = queries.newest_review(session)
    assert told is not None
    assert (told.judged, told.asked, told.given_back) == (2, 1, 0)
    assert told.finished_at == LATER


@pytest.mark.usefixtures("department")
def test_a_booking_that_cannot_stay_is_given_back_and_placed_anew(session: Session) -> None:
    exam = booked(session, "70551", FactKind.GIRTH, 150)  # pi * 60 cm less 30 is 158
    change(session, bore_margin_cm=40)  # 148 by now
    run(session)
    assert exam.status is StepStatus.UNSCHEDULED
    assert exam.room_id is None
    told = queries.newest_review(session)
    assert told is not None
    assert told.given_back == 1
    later = NOW + timedelta(minutes=11)
    assert exam.id in scheduling_queries.exams_to_place(session, now=later)


@pytest.mark.usefixtures("department")
def test_a_held_exam_is_released(session: Session) -> None:
    patient = make_patient(session)
    fact = FactDetails(
        kind=FactKind.EGFR, value={"number": 25}, observed_at=NOW, origin=FactOrigin.LABORATORY
    )
    scheduling.record_facts(session, patient.id, [fact], actor=ACTOR, now=NOW)
    exam = make_exam(session, patient=patient)
    place(session, exam.id, actor=ACTOR, now=NOW)
    assert exam.starts_at is None
    assert open_rules(exam) == ["IC-02"]
    change(session, egfr_low=20)
    session.refresh(exam)
    assert scheduling_queries.exams_to_place(session, now=LATER) == [exam.id]
    place(session, exam.id, actor=ACTOR, now=LATER)
    assert exam.status is StepStatus.SCHEDULED
    assert open_rules(exam) == []


@pytest.mark.usefixtures("department")
def test_what_was_against_a_booking_before_changes_nothing(session: Session) -> None:
    exam = booked(session, "70551", FactKind.GIRTH, 150)
    room = exam.room
    assert room is not None
    room.bore_cm = 50  # the scanner was exchanged: too narrow before the change and after it
    session.flush()
    change(session, egfr_low=35)
    assert run(session) == 1
    assert (exam.status, exam.room_id) == (StepStatus.SCHEDULED, room.id)


@pytest.mark.usefixtures("department")
def test_another_limit_in_the_words_of_what_was_accepted_changes_nothing(session: Session) -> None:
    exam = booked(session, "70551", FactKind.GIRTH, 150)
    room = exam.room
    assert room is not None
    room.bore_cm = 50  # pi * 50 cm less 30 is 127: too narrow, as it was accepted
    session.flush()
    change(session, bore_margin_cm=20)  # 137 by now
    run(session)
    assert (exam.status, exam.room_id) == (StepStatus.SCHEDULED, room.id)
    wider = FactDetails(
        kind=FactKind.GIRTH, value={"number": 155}, observed_at=LATER, origin=FactOrigin.DESK
    )
    scheduling.record_facts(session, exam.patient_id, [wider], actor=ACTOR, now=LATER)
    assert exam.status is StepStatus.UNSCHEDULED


@pytest.mark.usefixtures("department")
def test_who_has_arrived_is_not_moved(session: Session) -> None:
    exam = booked(session, "70551", FactKind.GIRTH, 150)
    performing.check_in(session, exam, actor=ACTOR, now=NOW)
    change(session, bore_margin_cm=40)
    run(session)
    assert exam.status is StepStatus.ARRIVED


@pytest.mark.usefixtures("department")
def test_a_review_goes_on_where_it_stopped_and_begins_anew_with_another_change(
    session: Session,
) -> None:
    exams = [booked(session, "71250", FactKind.EGFR, 33) for _ in range(3)]
    change(session, egfr_low=32)
    assert review.review_next(session, actor=ACTOR, now=NOW) is False  # others may still write
    assert review.review_next(session, actor=ACTOR, now=LATER)
    session.expire_all()
    change(session, egfr_low=35)
    assert run(session) == 3
    assert [open_rules(one) for one in exams] == [["IC-02"]] * 3
    change(session, egfr_moderate=50)
    assert run(session) == 3
