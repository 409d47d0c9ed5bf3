from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from tests.unit.rules.cases import (
    ANGIOGRAPHY,
    CT,
    MAN,
    MR,
    NOW,
    PLAIN_CT,
    STAT,
    THRESHOLDS,
    WARD,
    aged,
    effects,
    exam_findings,
    expecting,
    past,
    reacted,
)
from worklist.rules.evaluate import evaluate_exam
from worklist.rules.facts import ExamFacts, PatientFacts, Severity
from worklist.rules.findings import (
    Avoid,
    Block,
    Delay,
    Extend,
    ExtendedPart,
    Hold,
    RequireCapability,
    RequireResource,
    Role,
)
from worklist.vocabulary import Contrast, ContrastRoute

SEVERE = ["Hold", "RequireCapability", "RequireResource", "Delay"]


def test_healthy_outpatient_needs_an_injector_and_a_chair_and_nothing_is_asked() -> None:
    found = evaluate_exam(MAN, CT, THRESHOLDS, NOW)
    assert not [one for one in found if isinstance(one, Hold | Block | Delay | Avoid)]
    assert [one.capability for one in found if isinstance(one, RequireCapability)] == [
        "iodinated_contrast"
    ]
    stays = [one for one in found if isinstance(one, Extend)]
    assert [(one.part, one.minutes, one.resource_kind) for one in stays] == [
        (ExtendedPart.AFTER, 15, "preparation_chair")
    ]


# ACR Manual on Contrast Media 2024: the agent's own class counts; the severest reaction decides.
@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ([Severity.MILD], {"IC-04": ["Warn"]}),
        ([Severity.MODERATE], {"IC-05": ["Hold", "Delay"]}),
        ([Severity.UNKNOWN], {"IC-05": ["Hold"]}),
        ([Severity.SEVERE], {"IC-06": SEVERE}),
        ([Severity.MILD, Severity.SEVERE], {"IC-06": SEVERE}),
    ],
)
def test_ic_04_to_06_reactions(severities: list[Severity], expected: dict[str, list[str]]) -> None:
    patient = reacted("iodinated", *severities)
    rules = ("IC-04", "IC-05", "IC-06")
    assert {rule: found for rule in rules if (found := effects(rule, patient, CT))} == expected
    other = reacted("gadolinium", *severities)
    assert [effects(rule, other, CT) for rule in rules] == [[], [], []]
    assert [effects(rule, patient, PLAIN_CT) for rule in rules] == [[], [], []]


# ACR 2024: prednisone 13, 7 and 1 hours before; accelerated intravenous regimen 4-5 hours.
@pytest.mark.parametrize(
    ("exam", "hours"),
    [
        (CT, 13),
        (replace(CT, priority="ASAP"), 13),
        (replace(CT, priority="URGENT"), 5),
        (STAT, 5),
        (replace(CT, ordered_at=NOW - timedelta(days=3)), 13),
        (replace(CT, premedication_started_at=NOW - timedelta(hours=6)), 7),
    ],
)
def test_ic_05_leaves_time_for_premedication(exam: ExamFacts, hours: int) -> None:
    found = exam_findings("IC-05", reacted("iodinated", Severity.MODERATE), exam)
    (delay,) = (one for one in found if isinstance(one, Delay))
    assert delay.not_before == NOW + timedelta(hours=hours)


@pytest.mark.parametrize(("hours_ago", "delayed"), [(12.9, True), (13, False)])
def test_ic_05_waits_no_longer_once_premedication_is_over(
    hours_ago: float, *, delayed: bool
) -> None:
    started = NOW - timedelta(hours=hours_ago)
    exam = replace(CT, premedication_started_at=started)
    found = exam_findings("IC-05", reacted("iodinated", Severity.MODERATE), exam)
    assert any(isinstance(one, Delay) for one in found) is delayed


def test_ic_06_needs_the_hospital_and_a_physician_on_site() -> None:
    found = exam_findings("IC-06", reacted("iodinated", Severity.SEVERE), CT)
    (staff,) = (one for one in found if isinstance(one, RequireResource))
    assert (staff.resource_kind, staff.on_duty) == ("radiologist", True)
    assert [one.capability for one in found if isinstance(one, RequireCapability)] == [
        "hospital_site"
    ]


def test_ic_07_hyperthyroidism() -> None:  # ESUR 10.0, thyroid
    patient = replace(MAN, conditions=frozenset({"hyperthyroidism"}))
    (hold,) = exam_findings("IC-07", patient, CT)
    assert isinstance(hold, Hold)
    assert (hold.role, hold.fact) == (Role.RADIOLOGIST, None)
    assert effects("IC-07", patient, PLAIN_CT) == []
    assert effects("IC-07", patient, MR) == []


@pytest.mark.parametrize(
    ("exam", "capabilities"),
    [
        (CT, ["iodinated_contrast"]),
        (PLAIN_CT, []),
        (ANGIOGRAPHY, []),
        (replace(ANGIOGRAPHY, power_injection=True), ["iodinated_contrast"]),
        (MR, ["gadolinium_contrast"]),
    ],
)
def test_ic_12_injector(exam: ExamFacts, capabilities: list[str]) -> None:
    found = exam_findings("IC-12", MAN, exam)
    assert [one.capability for one in found if isinstance(one, RequireCapability)] == capabilities


# ACR 2024: a central line takes an injector only where it is rated for its pressure.
@pytest.mark.parametrize(
    ("conditions", "exam", "expected"),
    [
        ({"central_line"}, CT, ["Hold"]),
        ({"central_line", "power_rated_line"}, CT, []),
        ({"power_rated_line"}, CT, []),
        ({"central_line"}, MR, ["Hold"]),
        ({"central_line"}, PLAIN_CT, []),
        ({"central_line"}, ANGIOGRAPHY, []),
        ({"central_line"}, replace(ANGIOGRAPHY, power_injection=True), ["Hold"]),
        ({"difficult_veins"}, CT, ["Extend"]),
        ({"difficult_veins"}, WARD, ["Warn"]),
        ({"difficult_veins"}, PLAIN_CT, []),
        ({"central_line", "difficult_veins"}, CT, ["Hold", "Extend"]),
        (set(), CT, []),
    ],
)
def test_ic_12_venous_access(conditions: set[str], exam: ExamFacts, expected: list[str]) -> None:
    patient = replace(MAN, conditions=frozenset(conditions))
    shipped = [type(one).__name__ for one in exam_findings("IC-12", patient, exam)]
    assert [one for one in shipped if one != "RequireCapability"] == expected


def test_ic_12_the_line_is_asked_about_before_the_exam_and_veins_take_time_before_it() -> None:
    patient = replace(MAN, conditions=frozenset({"central_line", "difficult_veins"}))
    found = exam_findings("IC-12", patient, CT)
    (hold,) = (one for one in found if isinstance(one, Hold))
    assert (hold.role, hold.before_booking) == (Role.TECHNOLOGIST, False)
    (earlier,) = (one for one in found if isinstance(one, Extend))
    assert (earlier.part, earlier.minutes) == (ExtendedPart.BEFORE, 15)
    assert earlier.resource_kind == "preparation_chair"
    none = replace(THRESHOLDS, difficult_veins_minutes=0)
    assert not [one for one in evaluate_exam(patient, CT, none, NOW) if one.text == earlier.text]


# ESUR 10.0: 30 minutes; the department's default is 15 where there was no reaction before.
@pytest.mark.parametrize(
    ("patient", "exam", "minutes"),
    [
        (MAN, CT, [15]),
        (MAN, MR, [15]),
        (MAN, replace(CT, contrast=Contrast.MICROBUBBLES), [15]),
        (reacted("gadolinium", Severity.MILD), CT, [30]),
        (MAN, PLAIN_CT, []),
        (MAN, replace(CT, contrast_route=ContrastRoute.RECTAL), []),
        (MAN, WARD, []),
    ],
)
def test_ic_13_observation(patient: PatientFacts, exam: ExamFacts, minutes: list[int]) -> None:
    found = exam_findings("IC-13", patient, exam)
    assert [one.minutes for one in found if isinstance(one, Extend)] == minutes


def test_ic_12_a_nurse_injects_where_the_department_wants_it() -> None:
    assert effects("IC-12", MAN, CT) == ["RequireCapability"]
    wanted = replace(THRESHOLDS, injection_by_nurse=True)
    found = evaluate_exam(MAN, CT, wanted, NOW)
    nurses = [one for one in found if isinstance(one, RequireResource) and not one.on_duty]
    assert [(one.rule, one.resource_kind) for one in nurses] == [("IC-12", "nurse")]


def test_ic_13_the_ward_watches_its_own_patients() -> None:
    assert effects("IC-13", MAN, WARD) == ["RequireResource", "Warn"]


def test_ic_13_a_radiologist_is_at_work_but_not_reserved() -> None:  # ACR 2024, supervision
    found = exam_findings("IC-13", MAN, CT)
    (staff,) = (one for one in found if isinstance(one, RequireResource))
    assert (staff.resource_kind, staff.on_duty) == ("radiologist", True)
    assert effects("IC-13", MAN, PLAIN_CT) == []


def test_ic_14_pregnancy() -> None:  # ACR 2024; ESUR 10.0 for the newborn's thyroid
    assert effects("IC-14", expecting(10), CT) == ["Hold", "Warn"]
    assert effects("IC-14", expecting(10), PLAIN_CT) == []
    assert effects("IC-14", MAN, CT) == []


@pytest.mark.parametrize("name", ["myasthenia_gravis", "phaeochromocytoma", "mastocytosis"])
def test_ic_15_rare_conditions(name: str) -> None:
    patient = replace(MAN, conditions=frozenset({name}))
    assert effects("IC-15", patient, CT) == ["Warn"]
    assert effects("IC-15", patient, PLAIN_CT) == []


def test_pr_05_eating_is_allowed_unless_the_department_says_otherwise() -> None:  # ESUR 10.0
    (warning,) = exam_findings("PR-05", MAN, CT)
    assert "may eat" in warning.text
    strict = evaluate_exam(MAN, CT, replace(THRESHOLDS, contrast_fasting_hours=4), NOW)
    assert [one.text for one in strict if one.rule == "PR-05"] == [
        "Nothing to eat for 4 hours before the contrast."
    ]
    assert effects("PR-05", MAN, PLAIN_CT) == []


def test_words_read_from_a_text_column_are_understood() -> None:
    plain = replace(CT, contrast=cast("Contrast", "iodinated"))
    patient = aged(61, exams=(past(plain, 1),))
    assert evaluate_exam(patient, plain, THRESHOLDS, NOW) == evaluate_exam(
        aged(61, exams=(past(CT, 1),)), CT, THRESHOLDS, NOW
    )
    assert effects("IC-01", patient, plain) == ["Hold"]
    assert effects("IC-09", patient, plain) == ["Delay", "Warn"]
