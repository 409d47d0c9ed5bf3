"""Which exam asks for which form, and what the answers of a form are."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from tests.unit.rules.cases import (
    CT,
    MAN,
    MR,
    NOW,
    PELVIS_CT,
    PLAIN_CT,
    PLAIN_MR,
    THRESHOLDS,
    ULTRASOUND,
    WOMAN,
    aged,
)
from worklist.errors import NotFoundError
from worklist.patients import facts
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.rules.facts import ExamFacts, PatientFacts
from worklist.screening.answers import AnswerError, Outcome, read
from worklist.screening.forms import Form, form, forms, wanted_forms

VIENNA = ZoneInfo("Europe/Vienna")


@pytest.mark.parametrize(
    ("patient", "exam", "expected"),
    [
        (MAN, PLAIN_MR, ["mr_safety"]),
        (MAN, MR, ["mr_safety", "contrast"]),
        (MAN, CT, ["contrast"]),
        (MAN, PLAIN_CT, []),
        (WOMAN, PLAIN_CT, []),
        (WOMAN, PELVIS_CT, ["pregnancy"]),
        (WOMAN, CT, ["contrast", "pregnancy"]),
        (WOMAN, PLAIN_MR, ["mr_safety", "pregnancy"]),
        (aged(56, sex="F"), PELVIS_CT, []),
        (WOMAN, ULTRASOUND, []),
        (MAN, replace(ULTRASOUND, bleeding_risk="high"), ["intervention"]),
    ],
)
def test_forms_that_an_exam_asks_for(
    patient: PatientFacts, exam: ExamFacts, expected: list[str]
) -> None:
    found = wanted_forms(patient, exam, THRESHOLDS, now=NOW)
    assert [one.code for one in found] == expected


def answered(code: str, **given: str) -> Outcome:
    """Fill a form: no to every question that is not given."""
    every = {
        one.code: "no" for one in form(code).questions if one.kind in {"yes_no", "yes_no_unknown"}
    }
    return read(form(code), every | given, zone=VIENNA, now=NOW)


def told(outcome: Outcome) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one.kind.value, one.subject): one.value for one in outcome.facts}


@pytest.mark.parametrize("code", [one.code for one in forms()])
def test_every_answer_is_a_fact_of_the_shape_of_its_kind(code: str) -> None:
    given = {
        one.code: {"number": "3", "choice": next(iter(one.choices), ""), "day": "2026-11-01"}.get(
            one.kind, "yes"
        )
        for one in form(code).questions
    }
    outcome = read(form(code), given, zone=VIENNA, now=NOW)
    assert len(outcome.answers) == len(given)
    for fact in outcome.facts:
        assert facts.check(fact) is not None
        assert fact.origin is FactOrigin.SCREENING_FORM


def test_a_form_of_noes_says_that_it_was_filled_and_what_is_not() -> None:
    outcome = answered("mr_safety")
    assert told(outcome) == {
        ("metal_eye_injury", ""): {"answer": False},
        ("mr_screening", ""): {"answer": True},
    }
    assert (FactKind.CONDITION, "claustrophobia") in outcome.denied
    assert (FactKind.IMPLANT, "hearing implant") in outcome.denied


def test_a_device_at_the_heart_is_an_implant_of_unknown_safety() -> None:
    outcome = answered("mr_safety", pacemaker="yes", weight="82,5")
    assert told(outcome)[("implant", "pacemaker or defibrillator")] == {
        "safety": "unknown",
        "cardiac": True,
    }
    assert told(outcome)[("weight", "")] == {"number": 82.5}


def test_other_metal_is_named_by_the_patient() -> None:
    outcome = answered("mr_safety", other_metal="yes", other_metal_name=" hip  joint, left ")
    assert ("implant", "hip joint, left") in told(outcome)
    with pytest.raises(AnswerError, match="Which, and where"):
        answered("mr_safety", other_metal="yes")


def test_a_reaction_carries_its_severity() -> None:
    outcome = answered("contrast", iodinated_reaction="yes", iodinated_severity="severe")
    assert told(outcome)[("contrast_reaction", "iodinated")] == {"severity": "severe"}
    assert ("contrast_reaction", "gadolinium") not in told(outcome)


def test_what_is_given_to_a_question_not_asked_is_left_out() -> None:
    outcome = answered("contrast", iodinated_severity="severe")
    assert "iodinated_severity" not in outcome.answers
    assert ("contrast_reaction", "iodinated") not in told(outcome)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"pregnant": "yes", "weeks": "12"}, {"answer": True, "weeks": 12}),
        ({"pregnant": "yes"}, {"answer": True}),
        ({"pregnant": "no"}, {"answer": False}),
        ({"pregnant": "unknown"}, None),
    ],
)
def test_pregnancy(given: dict[str, str], expected: dict[str, Any] | None) -> None:
    assert told(answered("pregnancy", **given)).get(("pregnancy", "")) == expected


def test_a_day_is_its_noon_in_the_zone_of_the_site() -> None:
    (fact,) = (
        one
        for one in answered("pregnancy", last_period="2026-11-20").facts
        if one.kind is FactKind.LAST_PERIOD
    )
    assert fact == FactDetails(
        kind=FactKind.LAST_PERIOD,
        value={},
        observed_at=datetime(2026, 11, 20, 12, tzinfo=VIENNA),
        origin=FactOrigin.SCREENING_FORM,
    )


@pytest.mark.parametrize(
    ("code", "given", "message"),
    [
        ("mr_safety", {"pacemaker": ""}, "Not answered: Do you have a pacemaker"),
        ("mr_safety", {"pacemaker": "maybe"}, "One of no, yes is expected, not 'maybe'"),
        ("mr_safety", {"weight": "heavy"}, "A number is expected, not 'heavy'"),
        ("mr_safety", {"other_metal": "yes", "other_metal_name": "x" * 65}, "At most 64"),
        ("pregnancy", {"last_period": "yesterday"}, "A day such as 2026-11-25"),
        ("pregnancy", {"last_period": "2026-11-25"}, "2026-11-25 is in the future"),
        ("contrast", {"iodinated_reaction": "yes", "iodinated_severity": "bad"}, "not 'bad'"),
    ],
)
def test_what_is_wrong_is_told_with_its_question(
    code: str, given: dict[str, str], message: str
) -> None:
    with pytest.raises(AnswerError, match=message):
        answered(code, **given)


def test_every_question_that_is_not_answered_is_named() -> None:
    with pytest.raises(AnswerError) as raised:
        read(form("mr_safety"), {}, zone=VIENNA, now=NOW)
    assert str(raised.value).count("Not answered") == 8


def test_an_unknown_form() -> None:
    with pytest.raises(NotFoundError, match="shoes"):
        form("shoes")


@pytest.mark.parametrize(
    "change",
    [
        {"asked_if": "later"},
        {"fact": {"kind": "implant", "subject_from": "nowhere"}},
        {"fact": {"kind": "implant", "values_from": {"safety": "nowhere"}}},
    ],
)
def test_a_form_that_names_unknown_questions_is_refused(change: dict[str, Any]) -> None:
    question = {"code": "first", "text": "First?", "kind": "yes_no"}
    content = {"code": "f", "title": "F", "introduction": "F.", "questions": [question | change]}
    with pytest.raises(ValidationError, match="expected"):
        Form.model_validate(content)
