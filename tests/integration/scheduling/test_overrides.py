"""A person overrides what a rule asks: how long that holds, and what is kept of it."""

from dataclasses import replace

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
)
from tests.support.placing import known_fact, placed
from worklist.auth.roles import UserRole
from worklist.catalogue.models import ResourceKind, Site
from worklist.errors import DomainError
from worklist.orders.models import ExamHold, ScheduledProcedureStep
from worklist.patients.models import FactKind
from worklist.rulebook import service as rulebook
from worklist.scheduling import questions, service
from worklist.scheduling.models import PlacementOutcome
from worklist.vocabulary import PatientClass, Priority


def override(
    session: Session, hold: ExamHold, *, reason: str, role: UserRole = UserRole.FRONT_DESK
) -> None:
    questions.override_hold(session, hold, reason=reason, role=role, actor="user:r", now=NOW)


def held_for_its_kidneys(session: Session, site: Site) -> ScheduledProcedureStep:
    make_room(session, site, "CT01")
    make_resource(session, site, "CH01", ResourceKind.PREPARATION_CHAIR)
    make_contrast_ct(session, "71260")
    patient = make_patient(session)
    low = known_fact(FactKind.EGFR, {"number": 28})
    service.record_facts(session, patient.id, [low], actor=ACTOR, now=NOW)
    exam = make_exam(session, patient=patient, procedure="71260")
    assert placed(session, exam).outcome is PlacementOutcome.HELD
    return exam


def test_override_lets_the_exam_go_on_and_keeps_the_reason(session: Session, site: Site) -> None:
    make_room(session, site, "CT01")
    make_procedure(session, irradiates_pelvis=True, body_part="ABDOMEN")
    exam = make_exam(
        session,
        patient=make_patient(session, sex="F"),
        patient_class=PatientClass.OUTPATIENT,
        priority=Priority.ROUTINE,
    )
    placed(session, exam)
    (hold,) = exam.holds
    with pytest.raises(DomainError, match="reason"):
        override(session, hold, reason=" ")
    override(session, hold, reason="Hysterectomy")
    assert placed(session, exam).outcome is PlacementOutcome.PLACED
    assert (hold.resolution, hold.reason, hold.resolved_by) == (
        "overridden",
        "Hysterectomy",
        "user:r",
    )


def test_an_override_stands_when_the_rule_only_says_it_in_other_words(
    session: Session, site: Site
) -> None:
    exam = held_for_its_kidneys(session, site)
    (hold,) = exam.holds
    override(session, hold, reason="Needed today", role=UserRole.RADIOLOGIST)
    hold.finding = hold.finding | {"text": "As an older release said it.", "question": "So?"}
    session.flush()
    rulebook.change(session, {"egfr_low": 29}, reason="Committee", actor=ACTOR, now=NOW)
    assert placed(session, exam).outcome is PlacementOutcome.PLACED


def test_an_override_of_before_findings_kept_their_values_stands(
    session: Session, site: Site
) -> None:
    exam = held_for_its_kidneys(session, site)
    (hold,) = exam.holds
    override(session, hold, reason="Needed today", role=UserRole.RADIOLOGIST)
    hold.finding = {key: one for key, one in hold.finding.items() if key != "found"}
    session.flush()
    assert placed(session, exam).outcome is PlacementOutcome.PLACED


def test_an_override_does_not_cover_a_newer_result(session: Session, site: Site) -> None:
    exam = held_for_its_kidneys(session, site)
    (hold,) = exam.holds
    override(session, hold, reason="Needed today", role=UserRole.RADIOLOGIST)
    worse = replace(known_fact(FactKind.EGFR, {"number": 12}), observed_at=NOW)
    service.record_facts(session, exam.patient_id, [worse], actor=ACTOR, now=NOW)
    assert placed(session, exam).outcome is PlacementOutcome.HELD
    session.refresh(exam, ["holds"])
    assert [(one.rule, one.resolution) for one in exam.holds] == [
        ("IC-02", "overridden"),
        ("IC-02", None),
    ]
    assert placed(session, exam).explanation["facts"]["entries"] == [
        {
            "kind": "egfr",
            "subject": "",
            "value": {"number": 12.0},
            "observed_at": NOW.isoformat(),
            "origin": "desk",
            "recorded_by": ACTOR,
        }
    ]
