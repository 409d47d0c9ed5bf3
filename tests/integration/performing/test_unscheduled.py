"""Performed steps without an exam: suggested, linked, ordered, rejected; doses and images."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_patient,
    make_scanner,
)
from tests.support.dicom import schedule
from tests.support.performed import make_report
from worklist.errors import ConflictError, DomainError
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients.models import Patient
from worklist.performing import aged, availability, doses, performed, service, unscheduled
from worklist.performing.models import PerformedProcedureStep, PerformedStatus
from worklist.performing.performed import DuplicateStepError
from worklist.performing.reports import (
    Availability,
    Dose,
    PerformedChange,
    ScheduledLink,
)


@pytest.fixture
def exam(session: Session) -> ScheduledProcedureStep:
    """Richard Roe's CT at nine."""
    room = make_scanner(session)
    return schedule(session, room, NOW, patient=make_patient(session, "Roe^Richard"))


def begin(session: Session, uid: str = "2.25.7", **fields: Any) -> PerformedProcedureStep:
    links = {"links": (ScheduledLink(study_instance_uid="2.25.99"),)}
    report = make_report(sop_instance_uid=uid, **links | fields)
    return performed.create(session, report, actor=ACTOR, now=NOW)


def number_of(patient: Patient) -> str:
    return patient.identifiers[0].value


def complete(session: Session, step: PerformedProcedureStep, dose: Dose | None = None) -> None:
    change = PerformedChange(
        status=PerformedStatus.COMPLETED, ended_at=NOW, attributes={}, dose=dose
    )
    performed.update(session, step, change, actor=ACTOR, now=NOW)


def test_the_best_suggestion_comes_first(session: Session, exam: ScheduledProcedureStep) -> None:
    room = exam.room
    assert room is not None
    later = schedule(session, room, NOW + timedelta(days=9), patient=exam.patient)
    other = schedule(
        session, room, NOW + timedelta(hours=1), patient=make_patient(session, "Doe^J")
    )
    step = begin(session, patient_id=number_of(exam.patient))
    assert [one.id for one in session.scalars(unscheduled.waiting())] == [step.id]
    found = unscheduled.suggestions(session, step)
    assert [(one.exam.id, one.reasons) for one in found] == [
        (exam.id, ("same patient", "same modality", "same station", "within a day")),
        (later.id, ("same patient", "same modality", "same station")),
    ]
    by_number = begin(
        session,
        "2.25.8",
        patient_id=number_of(exam.patient),
        links=(
            ScheduledLink(
                study_instance_uid="2.25.98", accession_number=other.order.accession_number
            ),
        ),
    )
    assert by_number.exams == [other]


def test_without_a_patient_the_nearest_in_time_comes_first(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    assert exam.room is not None
    sooner = schedule(
        session, exam.room, NOW + timedelta(hours=1), patient=make_patient(session, "Doe^J")
    )
    step = begin(session, started_at=NOW + timedelta(minutes=50))
    found = unscheduled.suggestions(session, step)
    assert [one.exam.id for one in found] == [sooner.id, exam.id]
    assert not any(one.is_likely for one in found)


def test_linking_lets_the_exam_follow(session: Session, exam: ScheduledProcedureStep) -> None:
    step = begin(session)
    complete(session, step)
    unscheduled.link(session, unscheduled.get(session, step.id), exam, actor=ACTOR, now=NOW)
    assert exam.status is StepStatus.COMPLETED
    assert session.scalars(unscheduled.waiting()).all() == []
    with pytest.raises(ConflictError, match="already"):
        unscheduled.get(session, step.id)


def test_what_was_done_is_ordered_afterwards(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    step = begin(session)
    made = unscheduled.order(session, step, exam.patient, "71250", actor=ACTOR, now=NOW)
    assert made.status is StepStatus.STARTED
    assert made.requested_procedure.study_instance_uid == "2.25.99"
    assert step.exams == [made]


def test_a_rejected_step_needs_a_reason_and_waits_no_more(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    step = begin(session)
    with pytest.raises(DomainError, match="reason"):
        unscheduled.reject(session, step, reason=" ", actor=ACTOR, now=NOW)
    unscheduled.reject(session, step, reason="Phantom", actor=ACTOR, now=NOW)
    assert session.scalars(unscheduled.waiting()).all() == []
    assert exam.status is StepStatus.SCHEDULED


def test_doses_add_up_for_the_patient(session: Session, exam: ScheduledProcedureStep) -> None:
    link = (
        ScheduledLink(
            study_instance_uid="", scheduled_procedure_step_id=exam.scheduled_procedure_step_id
        ),
    )
    for uid, dlp in (("2.25.1", 100.0), ("2.25.2", 50.5)):
        step = begin(session, uid, links=link)
        complete(session, step, Dose(dlp_mgy_cm=dlp, exposures=1))
    assert [one.dlp_mgy_cm for one in doses.of_exam(session, exam.id)] == [100.0, 50.5]
    total = doses.of_patient(session, exam.patient_id)
    assert (total.steps, total.dlp_mgy_cm, total.exposures) == (2, 150.5, 2)
    assert doses.of_patient(session, exam.patient_id, since=NOW + timedelta(1)).steps == 0
    assert str(doses.of_exam(session, exam.id)[0]) == "DLP 100 mGy·cm, 1 exposures"


def notice(exam: ScheduledProcedureStep, uid: str = "2.25.500") -> Availability:
    return Availability(
        sop_instance_uid=uid,
        study_instance_uid=exam.requested_procedure.study_instance_uid,
        performed_uids=(),
        instances=3,
        available=True,
        attributes={},
    )


def receive(session: Session, one: Availability) -> None:
    availability.receive(session, one, sender="PACS", actor=ACTOR, now=NOW)


def test_images_complete_an_exam_that_no_scanner_reports(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    receive(session, notice(exam))
    assert exam.status is StepStatus.COMPLETED
    with pytest.raises(DuplicateStepError):
        receive(session, notice(exam))


def test_a_scanners_report_goes_before_images(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    link = ScheduledLink(
        study_instance_uid="", scheduled_procedure_step_id=exam.scheduled_procedure_step_id
    )
    step = begin(session, links=(link,))
    receive(session, notice(exam))
    assert str(exam.status) == "STARTED"
    complete(session, step)
    assert str(exam.status) == "COMPLETED"


def test_a_persons_word_goes_before_images(session: Session, exam: ScheduledProcedureStep) -> None:
    service.start(session, exam, actor=ACTOR, now=NOW)
    service.discontinue(session, exam, reason="Unwell", actor=ACTOR, now=NOW)
    receive(session, notice(exam))
    assert exam.status is StepStatus.DISCONTINUED


def test_an_exam_that_nobody_ends_is_completed_by_age(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    service.start(session, exam, actor=ACTOR, now=NOW)
    late = NOW + timedelta(hours=13)
    assert list(aged.overdue(session, now=NOW + timedelta(hours=11), hours=12)) == []
    assert list(aged.overdue(session, now=late, hours=12)) == [exam.id]
    assert aged.complete(session, exam.id, now=late, hours=12)
    assert exam.status is StepStatus.COMPLETED
    assert not aged.complete(session, exam.id, now=late, hours=12)


def test_the_measured_dose_is_noted_with_the_exam_once(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    """A chest CT of an adult: 0.014 mSv per mGy·cm (AAPM Report 96)."""
    assert exam.room is not None
    other = schedule(session, exam.room, NOW + timedelta(hours=1), patient=exam.patient)
    links = tuple(
        ScheduledLink(
            study_instance_uid="", scheduled_procedure_step_id=one.scheduled_procedure_step_id
        )
        for one in (exam, other)
    )
    complete(session, begin(session, "2.25.1", links=links), Dose(dlp_mgy_cm=300.0))
    assert exam.measured_dose_msv == pytest.approx(4.2)
    assert other.measured_dose_msv == 0
    step = begin(session, "2.25.2")
    complete(session, step, Dose(dlp_mgy_cm=100.0))
    unscheduled.link(session, unscheduled.get(session, step.id), exam, actor=ACTOR, now=NOW)
    assert exam.measured_dose_msv == pytest.approx(5.6)
