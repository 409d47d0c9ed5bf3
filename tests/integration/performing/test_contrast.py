"""Contrast that was given: by a scanner's word and a person's, for the record and for the rules."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_contrast_ct,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
)
from tests.support.department import make_site as site_of
from tests.support.dicom import schedule
from tests.support.performed import make_report
from worklist.errors import DomainError, NotFoundError
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients import facts as clinical_facts
from worklist.patients.contrast import ContrastAdministration, ReactionSeverity
from worklist.patients.models import FactKind
from worklist.performing import contrast, performed, unscheduled
from worklist.performing.contrast_agents import medium_of
from worklist.performing.models import PerformedProcedureStep, PerformedStatus
from worklist.performing.reports import (
    GivenContrast,
    PerformedChange,
    ScheduledLink,
)
from worklist.rules.facts import PastExam
from worklist.scheduling import facts
from worklist.scheduling.standing import read_standing
from worklist.vocabulary import Contrast

IOMERON = GivenContrast(agent="Iomeron 350", route="IV", volume_ml=80)


@pytest.fixture
def exam(session: Session) -> ScheduledProcedureStep:
    """Richard Roe's plain CT at nine."""
    room = make_room(session, site_of(session), "CT01")
    make_procedure(session)
    return schedule(session, room, NOW, patient=make_patient(session, "Roe^Richard"))


def begin(session: Session, *links: ScheduledLink, number: str = "") -> PerformedProcedureStep:
    report = make_report(links=links, patient_id=number)
    return performed.create(session, report, actor=ACTOR, now=NOW)


def report(session: Session, step: PerformedProcedureStep, *given: GivenContrast) -> None:
    change = PerformedChange(
        status=PerformedStatus.IN_PROGRESS, ended_at=None, attributes={}, contrast=given
    )
    performed.update(session, step, change, actor=ACTOR, now=NOW)


def link_to(exam: ScheduledProcedureStep) -> ScheduledLink:
    return ScheduledLink(
        study_instance_uid="", scheduled_procedure_step_id=exam.scheduled_procedure_step_id
    )


def told(given: ContrastAdministration) -> tuple[Any, ...]:
    return given.exam_id, given.medium, given.agent, given.volume_ml


def others(session: Session, exam: ScheduledProcedureStep) -> list[PastExam]:
    """What the rules read of the patient's other exams when a new order comes."""
    judged = make_exam(session, patient=exam.patient)
    known = facts.gather(session, judged, NOW + timedelta(hours=1), read_standing(session))
    return list(known.patient.exams)


def test_a_later_report_replaces_the_earlier(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    step = begin(session, link_to(exam))
    report(session, step, GivenContrast(agent="Iomeron 350"))
    report(session, step, IOMERON)
    [given] = contrast.of_exam(session, exam.id)
    assert told(given) == (exam.id, Contrast.IODINATED, "Iomeron 350", 80)
    assert contrast.of_patient(session, exam.patient_id) == [given]


def test_it_goes_with_the_step_to_the_exam_that_a_person_names(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    step = begin(session, ScheduledLink(study_instance_uid="2.25.99"))
    report(session, step, IOMERON)
    assert contrast.of_patient(session, exam.patient_id) == []
    unscheduled.link(session, step, exam, actor=ACTOR, now=NOW)
    assert [one.exam_id for one in contrast.of_patient(session, exam.patient_id)] == [exam.id]


def test_the_rules_read_what_was_given_not_what_was_planned(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    assert [one.contrast for one in others(session, exam)] == [Contrast.NONE]
    contrast.give(session, exam, IOMERON, actor=ACTOR, now=NOW)
    barium = GivenContrast(agent="Micropaque CT")
    contrast.give(session, exam, barium, actor=ACTOR, now=NOW - timedelta(hours=1))
    found = [(one.procedure_code, one.contrast, one.starts_at) for one in others(session, exam)]
    assert ("71250", Contrast.IODINATED, NOW) in found
    assert ("", Contrast.BARIUM, NOW - timedelta(hours=1)) in found


def test_the_rules_read_what_was_given_in_a_step_of_no_exam(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    step = begin(
        session,
        ScheduledLink(study_instance_uid="2.25.99"),
        number=exam.patient.identifiers[0].value,
    )
    report(session, step, IOMERON)
    assert ("", Contrast.IODINATED) in [
        (one.procedure_code, one.contrast) for one in others(session, exam)
    ]


def test_the_rules_read_the_dose_that_was_measured(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    exam.measured_dose_msv = 2.5
    session.flush()
    assert [one.dose_msv for one in others(session, exam)] == [2.5]


def test_a_reaction_becomes_a_fact(session: Session, exam: ScheduledProcedureStep) -> None:
    contrast.give(
        session, exam, IOMERON, actor=ACTOR, now=NOW, lot=" L7 ", reaction=ReactionSeverity.MODERATE
    )
    [fact] = clinical_facts.current(session, exam.patient_id)
    assert (fact.kind, fact.subject, fact.value) == (
        FactKind.CONTRAST_REACTION,
        "iodinated",
        {"severity": "moderate"},
    )
    assert contrast.of_exam(session, exam.id)[0].lot == "L7"


def test_a_mistake_is_withdrawn_but_not_a_scanners_word(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    mine = contrast.give(session, exam, IOMERON, actor=ACTOR, now=NOW)
    report(session, begin(session, link_to(exam)), IOMERON)
    contrast.withdraw(session, mine.id, actor=ACTOR, now=NOW)
    [scanners] = contrast.of_exam(session, exam.id)
    with pytest.raises(NotFoundError):
        contrast.withdraw(session, scanners.id, actor=ACTOR, now=NOW)


def by_hand(session: Session, exam: ScheduledProcedureStep) -> None:
    contrast.give(session, exam, IOMERON, actor=ACTOR, now=NOW)


def by_the_scanner(session: Session, exam: ScheduledProcedureStep) -> None:
    report(session, begin(session, link_to(exam)), IOMERON)


def by_a_scanner_that_named_no_exam(session: Session, exam: ScheduledProcedureStep) -> None:
    step = begin(session, ScheduledLink(study_instance_uid="2.25.99"))
    report(session, step, IOMERON)
    unscheduled.link(session, step, exam, actor=ACTOR, now=NOW)


@pytest.mark.parametrize("told", [by_hand, by_the_scanner, by_a_scanner_that_named_no_exam])
def test_whoever_tells_of_contrast_the_exams_to_come_are_judged_again(
    session: Session,
    exam: ScheduledProcedureStep,
    told: Callable[[Session, ScheduledProcedureStep], None],
) -> None:
    """IC-09: four hours lie between two doses with good kidneys (ESUR 10.0)."""
    assert exam.room is not None
    make_contrast_ct(session, "71260")
    soon = NOW + timedelta(hours=2)
    late = NOW + timedelta(hours=5)
    booked = [
        schedule(session, exam.room, at, patient=exam.patient, procedure="71260")
        for at in (soon, late)
    ]
    told(session, exam)
    assert [one.status for one in booked] == [StepStatus.UNSCHEDULED, StepStatus.SCHEDULED]


def test_a_report_that_tells_the_same_again_changes_nothing(
    session: Session, exam: ScheduledProcedureStep
) -> None:
    step = begin(session, link_to(exam))
    report(session, step, IOMERON)
    [before] = contrast.of_exam(session, exam.id)
    report(session, step, IOMERON)
    assert contrast.of_exam(session, exam.id) == [before]


@pytest.mark.parametrize(
    ("given", "words"),
    [(GivenContrast(agent=" "), "which"), (GivenContrast(agent="Iomeron", volume_ml=0), "0 mL")],
)
def test_what_makes_no_sense_is_refused(
    session: Session, exam: ScheduledProcedureStep, given: GivenContrast, words: str
) -> None:
    with pytest.raises(DomainError, match=words):
        contrast.give(session, exam, given, actor=ACTOR, now=NOW)


@pytest.mark.parametrize(
    ("agent", "medium"),
    [
        ("OMNIPAQUE 300", Contrast.IODINATED),
        ("Gadobutrol 1 mmol/mL", Contrast.GADOLINIUM_GROUP_2),
        ("Magnevist", Contrast.GADOLINIUM_GROUP_1),
        ("SonoVue", Contrast.MICROBUBBLES),
        ("Barium contrast, cup", Contrast.BARIUM),
        ("saline", None),
    ],
)
def test_agents_are_known_by_their_names(agent: str, medium: Contrast | None) -> None:
    assert medium_of(agent) is medium
    assert medium_of("contrast A", otherwise=Contrast.IODINATED) is Contrast.IODINATED
