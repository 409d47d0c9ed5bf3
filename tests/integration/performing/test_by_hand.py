"""What technologists say of an exam: pauses, another procedure done, dose written down."""

from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_contrast_ct,
    make_patient,
    make_procedure,
    make_scanner,
)
from tests.support.dicom import schedule
from tests.support.performed import make_report
from worklist import nudge
from worklist.audit.models import AuditEvent
from worklist.errors import ConflictError, DomainError
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients import facts
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.performing import changing, hand_doses, pauses, performed, service
from worklist.performing.models import PerformedStatus
from worklist.performing.progress import ADMIT_TASK
from worklist.performing.reports import Dose, PerformedChange, ScheduledLink

MINUTE = timedelta(minutes=1)


@pytest.fixture
def exam(session: Session) -> ScheduledProcedureStep:
    """Richard Roe's plain CT at nine, which has begun; one with contrast could be done there."""
    room = make_scanner(session)
    make_contrast_ct(session, "71260", reading_group="chest")
    make_procedure(session, "70551", modality="MR", ionising=False)
    exam = schedule(session, room, NOW, patient=make_patient(session))
    service.start(session, exam, actor=ACTOR, now=NOW)
    return exam


def reported(session: Session, exam: ScheduledProcedureStep, dose: Dose | None = None) -> None:
    """Let the scanner begin a step for the exam five minutes on, and end it after five more."""
    link = ScheduledLink(
        study_instance_uid="", scheduled_procedure_step_id=exam.scheduled_procedure_step_id
    )
    begun = make_report(started_at=NOW + 5 * MINUTE, links=(link,))
    step = performed.create(session, begun, actor="station:CT01", now=NOW + 5 * MINUTE)
    ended = PerformedChange(
        status=PerformedStatus.COMPLETED,
        ended_at=NOW + 10 * MINUTE,
        attributes={},
        dose=dose,
    )
    performed.update(session, step, ended, actor="station:CT01", now=NOW + 10 * MINUTE)


def test_a_pause_is_over_when_it_is_said_or_when_the_exam_is(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    pauses.pause(session, exam, reason="Patient  unwell", actor=ACTOR, now=NOW + MINUTE)
    assert pauses.of_exams(session, [exam.id])[exam.id].reason == "Patient unwell"
    with pytest.raises(ConflictError):
        pauses.pause(session, exam, reason="Again", actor=ACTOR, now=NOW + MINUTE)
    pauses.resume(session, exam, actor=ACTOR, now=NOW + 2 * MINUTE)
    assert pauses.of_exams(session, [exam.id]) == {}
    pauses.pause(session, exam, reason="Power", actor=ACTOR, now=NOW + 3 * MINUTE)
    reported(session, exam)
    assert exam.status is StepStatus.COMPLETED
    assert pauses.of_exams(session, [exam.id]) == {}
    service.start(session, exam, actor=ACTOR, now=NOW + 20 * MINUTE)
    assert pauses.of_exams(session, [exam.id]) == {}
    pauses.pause(session, exam, reason="Once more", actor=ACTOR, now=NOW + 21 * MINUTE)
    assert exam.id in pauses.of_exams(session, [exam.id])


def test_a_pause_needs_a_reason_and_an_exam_under_way(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    with pytest.raises(DomainError, match="why"):
        pauses.pause(session, exam, reason=" ", actor=ACTOR, now=NOW)
    service.complete(session, exam, actor=ACTOR, now=NOW)
    with pytest.raises(DomainError, match="under way"):
        pauses.pause(session, exam, reason="Too late", actor=ACTOR, now=NOW)
    with pytest.raises(ConflictError):
        pauses.resume(session, exam, actor=ACTOR, now=NOW)


def allow_contrast(session: Session, exam: ScheduledProcedureStep) -> None:
    known = [
        FactDetails(
            kind=FactKind.EGFR,
            value={"number": 90},
            observed_at=NOW,
            origin=FactOrigin.LABORATORY,
        ),
        FactDetails(
            kind=FactKind.CONTRAST_SCREENING,
            value={"answer": True},
            observed_at=NOW,
            origin=FactOrigin.SCREENING_FORM,
        ),
    ]
    facts.record(session, exam.patient_id, known, actor=ACTOR, now=NOW)


def test_the_exam_becomes_what_is_done_and_keeps_what_was_ordered_in_its_trail(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    allow_contrast(session, exam)
    changing.change_procedure(
        session, exam, "71260", reason="Mass seen", actor=ACTOR, now=NOW + MINUTE
    )
    assert (exam.procedure.code, exam.description) == ("71260", "Procedure 71260")
    events = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.action.in_(["exam.procedure_changed", "order.changed"]))
        .order_by(AuditEvent.id)
    ).all()
    assert events[0].detail == {
        "previous": "71250",
        "procedure": "71260",
        "reason": "Mass seen",
    }
    assert events[1].detail == {"changed": ["procedure"]}


def test_a_completed_exam_that_was_another_is_looked_at_by_the_reading(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    reported(session, exam)
    session.commit()
    with nudge.kept(ADMIT_TASK) as asked:
        changing.change_procedure(session, exam, "71260", reason="As done", actor=ACTOR, now=NOW)
        session.commit()
    assert asked == [exam.requested_procedure_id]


def test_the_rules_speak_against_contrast_for_who_reacted_to_it(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    allow_contrast(session, exam)
    reaction = FactDetails(
        kind=FactKind.CONTRAST_REACTION,
        subject="iodinated",
        value={"severity": "severe"},
        observed_at=NOW - timedelta(days=99),
        origin=FactOrigin.DESK,
    )
    facts.record(session, exam.patient_id, [reaction], actor=ACTOR, now=NOW)
    with pytest.raises(DomainError, match="rules speak against"):
        changing.change_procedure(session, exam, "71260", reason="Mass", actor=ACTOR, now=NOW)


@pytest.mark.parametrize(
    ("code", "reason", "problem"),
    [
        ("71260", " ", "why"),
        ("71250", "Slip", "already"),
        ("70551", "Slip", "CT01 does no MR"),
        ("00000", "Slip", "not in the catalogue"),
    ],
)
def test_what_cannot_be_is_not_changed(
    session: Session, exam: ScheduledProcedureStep, code: str, reason: str, problem: str
) -> None:
    with pytest.raises(DomainError, match=problem):
        changing.change_procedure(session, exam, code, reason=reason, actor=ACTOR, now=NOW)


def test_a_dose_is_written_down_where_the_scanner_told_none(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    reported(session, exam)
    hand_doses.enter(session, exam, Dose(dlp_mgy_cm=300.0), actor=ACTOR, now=NOW)
    corrected = Dose(dlp_mgy_cm=312.5, ctdi_vol_mgy=8.0)
    row = hand_doses.enter(session, exam, corrected, actor=ACTOR, now=NOW)
    assert str(row) == "CTDIvol 8 mGy, DLP 312.5 mGy·cm"
    assert {name: getattr(row, name) for name in asdict(corrected)} == asdict(corrected)
    # A chest CT of an adult: 0.014 mSv per mGy·cm (AAPM Report 96).
    assert exam.measured_dose_msv == pytest.approx(4.375)
    for wrong in (Dose(), Dose(dlp_mgy_cm=-1.0)):
        with pytest.raises(DomainError, match="at least one"):
            hand_doses.enter(session, exam, wrong, actor=ACTOR, now=NOW)


def test_the_scanners_own_word_of_the_dose_stands(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    reported(session, exam, Dose(dlp_mgy_cm=250.0))
    with pytest.raises(ConflictError):
        hand_doses.enter(session, exam, Dose(dlp_mgy_cm=300.0), actor=ACTOR, now=NOW)
