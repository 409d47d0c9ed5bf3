"""A filled form on real rows: kept, its answers facts, the exam looked at again."""

from datetime import timedelta
from zoneinfo import ZoneInfo

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
    make_site,
)
from worklist.audit.models import AuditEvent
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients import facts, merging
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.scheduling import service as scheduling
from worklist.scheduling.placement import place
from worklist.screening import queries, service
from worklist.screening.answers import AnswerError
from worklist.screening.forms import form
from worklist.screening.models import FilledForm

UTC = ZoneInfo("UTC")


@pytest.fixture
def exam(session: Session) -> ScheduledProcedureStep:
    """An MR that is booked, its form still to be filled."""
    make_room(
        session,
        make_site(session),
        "MR01",
        modality="MR",
        capabilities=("1.5T", "monitoring"),
        field_strength_tesla=1.5,
    )
    make_procedure(session, "70551", modality="MR", ionising=False, body_part="HEAD")
    exam = make_exam(session, procedure="70551")
    place(session, exam.id, actor=ACTOR, now=NOW)
    assert exam.status is StepStatus.SCHEDULED
    return exam


def fill(
    session: Session, exam: ScheduledProcedureStep, *, minutes: int = 0, **given: str
) -> FilledForm:
    questions = form("mr_safety").questions
    every = {one.code: "no" for one in questions if one.kind == "yes_no"} | given
    now = NOW + timedelta(minutes=minutes)
    return service.submit(
        session, exam, form("mr_safety"), every, zone=UTC, actor="user:t", now=now
    )


def known(session: Session, exam: ScheduledProcedureStep) -> set[tuple[str, str]]:
    current = facts.current(session, exam.patient_id)
    return {(one.kind.value, one.subject) for one in current}


def test_a_filled_form_answers_its_question_and_is_kept(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    (before,) = queries.forms_of(session, exam, zone=UTC, now=NOW)
    assert (before.form.code, before.filled) == ("mr_safety", None)
    filled = fill(session, exam)
    assert exam.status is StepStatus.SCHEDULED
    assert [(one.rule, one.resolution) for one in exam.holds] == [("MR-03", "withdrawn")]
    (after,) = queries.forms_of(session, exam, zone=UTC, now=NOW)
    assert after.filled is filled
    assert (filled.answers["pacemaker"], filled.recorded_by) == ("no", "user:t")
    event = session.scalar(select(AuditEvent).where(AuditEvent.action == "screening.filled"))
    assert event is not None
    assert event.detail == {"form": "mr_safety"}


def test_an_implant_opens_the_question_of_its_safety(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    fill(session, exam, pacemaker="yes")
    asked = {one.rule for one in exam.holds if one.resolved_at is None}
    assert asked == {"MR-03", "MR-04"}
    assert ("implant", "pacemaker or defibrillator") in known(session, exam)


def test_a_later_no_ends_what_an_earlier_form_said_and_nothing_else(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    told = FactDetails(
        kind=FactKind.CONDITION,
        subject="diabetes",
        value={},
        observed_at=NOW,
        origin=FactOrigin.ORDER,
    )
    scheduling.record_facts(session, exam.patient_id, [told], actor=ACTOR, now=NOW)
    fill(session, exam, claustrophobia="yes")
    assert ("condition", "claustrophobia") in known(session, exam)
    fill(session, exam, minutes=1)
    assert ("condition", "claustrophobia") not in known(session, exam)
    assert ("condition", "diabetes") in known(session, exam)


def test_a_known_label_is_not_made_unknown_again(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    safe = FactDetails(
        kind=FactKind.IMPLANT,
        subject="hearing implant",
        value={"safety": "safe"},
        observed_at=NOW - timedelta(days=100),
        origin=FactOrigin.DESK,
    )
    scheduling.record_facts(session, exam.patient_id, [safe], actor=ACTOR, now=NOW)
    fill(session, exam, hearing_implant="yes")
    (implant,) = (
        one for one in facts.current(session, exam.patient_id) if one.kind is FactKind.IMPLANT
    )
    assert implant.value["safety"] == "safe"


def test_a_form_that_cannot_be_read_keeps_nothing(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    before = known(session, exam)
    with pytest.raises(AnswerError):
        fill(session, exam, pacemaker="", claustrophobia="yes")
    assert known(session, exam) == before
    assert queries.newest(session, exam, "mr_safety") is None


def test_filled_forms_follow_a_merge(session: Session, exam: ScheduledProcedureStep) -> None:
    filled = fill(session, exam)
    survivor = make_patient(session)
    merging.merge(session, survivor_id=survivor.id, merged_id=exam.patient_id, actor=ACTOR, now=NOW)
    session.refresh(filled)
    assert filled.patient_id == survivor.id
