"""What a rule misses is asked for all at once, and each answer closes its own question."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_site,
)
from worklist.auth.roles import UserRole
from worklist.orders.models import ExamHold, ScheduledProcedureStep
from worklist.orders.status import UNPLACED, StepStatus
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.scheduling import questions
from worklist.scheduling.placement import place
from worklist.scheduling.service import record_facts

LATER = NOW + timedelta(minutes=1)


def told(
    kind: FactKind, value: dict[str, object], subject: str = "", *, at: datetime = LATER
) -> FactDetails:
    return FactDetails(
        kind=kind, value=value, subject=subject, observed_at=at, origin=FactOrigin.DESK
    )


@pytest.fixture
def intervention(session: Session) -> ScheduledProcedureStep:
    """An intervention of high bleeding risk on a patient of whom nothing is known."""
    make_room(session, make_site(session), "XA01", modality="XA", capabilities=("shielded",))
    make_procedure(session, "47533", modality="XA", body_part="LIVER", bleeding_risk="high")
    exam = make_exam(session, procedure="47533")
    place(session, exam.id, actor=ACTOR, now=NOW)
    return exam


@pytest.fixture
def scan(session: Session) -> ScheduledProcedureStep:
    """An MR of a patient with two implants that nobody knows."""
    room = make_room(session, make_site(session), "MR01", modality="MR", capabilities=("1.5T",))
    room.field_strength_tesla = 1.5
    make_procedure(session, "70551", modality="MR", ionising=False, body_part="BRAIN")
    patient = make_patient(session)
    known = [
        told(FactKind.IMPLANT, {"safety": "unknown"}, name, at=NOW) for name in ("clip", "stent")
    ]
    known.append(told(FactKind.MR_SCREENING, {"answer": True}))
    record_facts(session, patient.id, known, actor=ACTOR, now=NOW)
    exam = make_exam(session, patient=patient, procedure="70551")
    place(session, exam.id, actor=ACTOR, now=NOW)
    return exam


def asked(exam: ScheduledProcedureStep) -> list[tuple[str, str | None, str]]:
    return [(one.rule, one.fact, one.subject) for one in exam.open_holds]


def answer(session: Session, hold: ExamHold, fact: FactDetails) -> None:
    questions.answer_hold(session, hold, [fact], actor="user:d", now=LATER)
    place(session, hold.exam_id, actor=ACTOR, now=LATER)
    session.refresh(hold.exam)


def test_both_values_that_are_missing_are_asked_for_at_once(
    session: Session, intervention: ScheduledProcedureStep
) -> None:
    assert asked(intervention) == [("SQ-04", "inr", ""), ("SQ-04", "platelets", "")]
    assert intervention.status in UNPLACED
    assert "INR" in intervention.status_reason
    assert "platelet count" in intervention.status_reason
    inr, platelets = intervention.open_holds
    answer(session, inr, told(FactKind.INR, {"number": 1.1}))
    assert asked(intervention) == [("SQ-04", "platelets", "")]
    answer(session, platelets, told(FactKind.PLATELETS, {"number": 220}))
    assert intervention.starts_at is not None
    assert [one.resolution for one in intervention.holds] == ["answered", "answered"]


def test_an_approval_of_one_question_leaves_the_other_open(
    session: Session, intervention: ScheduledProcedureStep
) -> None:
    inr, _platelets = intervention.open_holds
    questions.override_hold(
        session, inr, reason="Seen on paper", role=UserRole.FRONT_DESK, actor="user:d", now=NOW
    )
    place(session, intervention.id, actor=ACTOR, now=NOW)
    assert asked(intervention) == [("SQ-04", "platelets", "")]
    assert intervention.status is StepStatus.HELD


def test_each_implant_has_its_question_and_the_answer_is_about_it(
    session: Session, scan: ScheduledProcedureStep
) -> None:
    assert asked(scan) == [("MR-03", "implant", "clip"), ("MR-03", "implant", "stent")]
    clip, stent = scan.open_holds
    answer(session, stent, told(FactKind.IMPLANT, {"safety": "safe"}, "stent"))
    assert asked(scan) == [("MR-03", "implant", "clip")]
    answer(session, clip, told(FactKind.IMPLANT, {"safety": "safe"}, "clip"))
    assert scan.status is StepStatus.SCHEDULED
