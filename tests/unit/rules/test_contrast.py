from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from tests.unit.rules.cases import (
    CT,
    MAN,
    MR,
    NOW,
    PLAIN_CT,
    THRESHOLDS,
    aged,
    effects,
    egfr,
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
    Sequence,
)
from worklist.vocabulary import Contrast, ContrastRoute

STAT = replace(CT, priority="STAT")
SEVERE = ["Hold", "RequireCapability", "RequireResource", "Delay"]
WARD = replace(CT, patient_class="I")
ANGIOGRAPHY = replace(
    CT,
    modality="XA",
    contrast_route=ContrastRoute.INTRA_ARTERIAL,
    first_pass_renal=True,
    power_injection=False,
)


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


# ACR Manual on Contrast Media 2024: risk factors are age above 60, kidney disease or surgery,
# one kidney, treated hypertension, diabetes, metformin. Validity 30 days, 7 in hospital.
@pytest.mark.parametrize(
    ("patient", "exam", "expected"),
    [
        (aged(60), CT, []),
        (aged(61), CT, ["Hold"]),
        (aged(61), PLAIN_CT, []),
        (aged(61), replace(CT, contrast_route=ContrastRoute.ORAL), []),
        (aged(61), STAT, ["Warn"]),
        (aged(61), replace(CT, patient_class="E"), ["Warn"]),
        (aged(61), replace(CT, priority="URGENT"), ["Hold"]),
        *(
            (replace(MAN, conditions=frozenset({name})), CT, ["Hold"])
            for name in (
                "diabetes",
                "hypertension",
                "kidney_disease",
                "kidney_surgery",
                "single_kidney",
            )
        ),
        (replace(MAN, conditions=frozenset({"claustrophobia"})), CT, []),
        (replace(MAN, medications=frozenset({"metformin"})), CT, ["Hold"]),
        (aged(61, renal_function=egfr(80, 30)), CT, []),
        (aged(61, renal_function=egfr(80, 30.1)), CT, ["Hold"]),
        (aged(61, renal_function=egfr(80, 7)), WARD, []),
        (aged(61, renal_function=egfr(80, 7.1)), WARD, ["Hold"]),
        (replace(MAN, renal_function=egfr(80, 400)), CT, []),
        (replace(MAN, renal_function=egfr(44, 400)), CT, ["Hold"]),
        (aged(61, dialysis=True), CT, []),
        (aged(61, acute_kidney_injury=True), CT, []),
    ],
)
def test_ic_01_renal_function_known(
    patient: PatientFacts, exam: ExamFacts, expected: list[str]
) -> None:
    assert effects("IC-01", patient, exam) == expected


def test_ic_01_names_the_date_and_the_days_and_asks_the_desk_for_an_egfr() -> None:
    (hold,) = exam_findings("IC-01", aged(61, renal_function=egfr(80, 31)), CT)
    assert isinstance(hold, Hold)
    assert hold.text == (
        "Renal function of 24 Oct 2026 is too old (30 days allowed): "
        "a new eGFR is needed because of an age of 61."
    )
    assert (hold.role, hold.fact) == (Role.FRONT_DESK, "egfr")


# ACR-NKF 2020: fluid for AKI or eGFR < 30 unless on maintenance dialysis, from one hour before.
@pytest.mark.parametrize(
    ("patient", "exam", "expected"),
    [
        (replace(MAN, renal_function=egfr(29.9)), CT, ["Hold", "Extend"]),
        (replace(MAN, renal_function=egfr(30)), CT, []),
        (replace(MAN, acute_kidney_injury=True), CT, ["Hold", "Extend"]),
        (replace(MAN, acute_kidney_injury=False), CT, []),
        (replace(MAN, renal_function=egfr(29.9)), STAT, ["Hold", "Warn"]),
        (replace(MAN, renal_function=egfr(8), dialysis=True), CT, ["Warn"]),
        (replace(MAN, renal_function=egfr(8)), PLAIN_CT, []),
    ],
)
def test_ic_02_severe_impairment(
    patient: PatientFacts, exam: ExamFacts, expected: list[str]
) -> None:
    assert effects("IC-02", patient, exam) == expected


def test_ic_02_hydration_is_an_hour_in_a_chair_before() -> None:
    found = exam_findings("IC-02", replace(MAN, renal_function=egfr(20)), CT)
    (stay,) = (one for one in found if isinstance(one, Extend))
    assert (stay.part, stay.minutes, stay.resource_kind) == (
        ExtendedPart.BEFORE,
        60,
        "preparation_chair",
    )


# ACR-NKF 2020 (30-44 individual risk); ESUR 10.0 (arterial first pass: below 45).
@pytest.mark.parametrize(
    ("value", "exam", "expected"),
    [
        (29.9, CT, []),
        (30, CT, ["Warn"]),
        (44.9, CT, ["Warn"]),
        (45, CT, []),
        (44.9, ANGIOGRAPHY, ["Hold"]),
        (45, ANGIOGRAPHY, []),
    ],
)
def test_ic_03_moderate_impairment(value: float, exam: ExamFacts, expected: list[str]) -> None:
    assert effects("IC-03", replace(MAN, renal_function=egfr(value)), exam) == expected


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


# ACR 2024, metformin: category II is AKI, eGFR < 30, or arterial studies that reach the kidneys.
@pytest.mark.parametrize(
    ("value", "exam", "expected"),
    [(29.9, CT, ["Warn"]), (30, CT, []), (90, ANGIOGRAPHY, ["Warn"])],
)
def test_ic_08_metformin(value: float, exam: ExamFacts, expected: list[str]) -> None:
    patient = replace(MAN, medications=frozenset({"metformin"}), renal_function=egfr(value))
    assert effects("IC-08", patient, exam) == expected
    assert effects("IC-08", replace(patient, medications=frozenset()), exam) == []


# ESUR 10.0, intervals: 4 hours, better 24; 48 hours with eGFR 30 or below; a week on dialysis.
@pytest.mark.parametrize(
    ("facts", "hours_ago", "hours"),
    [
        ({}, 3, 4),
        ({}, 4, None),
        ({}, 23.9, None),
        ({"renal_function": egfr(30.1)}, 5, None),
        ({"renal_function": egfr(30)}, 5, 48),
        ({"renal_function": egfr(30)}, 48, None),
        ({"dialysis": True}, 100, 168),
        ({"dialysis": True}, 168, None),
    ],
)
def test_ic_09_second_dose(facts: dict[str, Any], hours_ago: float, hours: int | None) -> None:
    other = past(CT, hours_ago)
    found = exam_findings("IC-09", replace(MAN, exams=(other,), **facts), CT)
    expected = [] if hours is None else [other.starts_at + timedelta(hours=hours)]
    assert [one.not_before for one in found if isinstance(one, Delay)] == expected
    assert not [one for one in found if isinstance(one, Avoid)]


@pytest.mark.parametrize(
    ("facts", "exam", "hours_ago", "expected"),
    [
        ({}, CT, 23.9, ["Warn"]),
        ({}, CT, 24, []),
        ({}, CT, 3, ["Delay", "Warn"]),
        ({}, CT, -23.9, ["Avoid", "Warn"]),
        ({"renal_function": egfr(30)}, CT, 5, ["Delay"]),
        ({}, STAT, 5, []),
    ],
)
def test_ic_09_a_day_between_two_doses_is_better(
    facts: dict[str, Any], exam: ExamFacts, hours_ago: float, expected: list[str]
) -> None:  # ESUR 10.0, interval between examinations: ideally 24 hours with good kidneys
    assert effects("IC-09", replace(MAN, exams=(past(CT, hours_ago),), **facts), exam) == expected


def test_ic_09_leaves_out_the_time_around_a_booked_dose() -> None:
    patient = replace(MAN, exams=(past(CT, -48),))
    (avoid,) = exam_findings("IC-09", patient, CT)
    assert isinstance(avoid, Avoid)
    assert (avoid.after, avoid.before) == (NOW + timedelta(hours=44), NOW + timedelta(hours=52))
    assert effects("IC-09", patient, STAT) == []
    assert effects("IC-09", replace(MAN, exams=(past(CT, 1),)), STAT) == ["Warn"]


# ESUR 10.0: gadolinium and iodine 4 hours apart; 7 days with a GFR of 30 or below.
@pytest.mark.parametrize(
    ("exam", "other", "value", "hours_ago", "expected"),
    [
        (CT, MR, 90, 3.9, ["Delay"]),
        (CT, MR, 90, 4, []),
        (MR, CT, 90, 3.9, ["Delay"]),
        (MR, MR, 90, 3.9, ["Delay"]),
        (CT, MR, 30, 167, ["Delay"]),
        (CT, MR, 30, 168, []),
        (CT, MR, 30.1, 167, []),
        (PLAIN_CT, MR, 90, 1, []),
        (CT, CT, 90, 1, []),
    ],
)
def test_ic_10_gadolinium_near(
    exam: ExamFacts, other: ExamFacts, value: float, hours_ago: float, expected: list[str]
) -> None:
    patient = replace(MAN, exams=(past(other, hours_ago),), renal_function=egfr(value))
    assert effects("IC-10", patient, exam) == expected


# SNMMI thyroid scintigraphy, ATA 2016: six to eight weeks after iodinated contrast.
@pytest.mark.parametrize(
    ("days_ago", "expected"),
    [
        (41, ["Delay", "Hold"]),
        (42, ["Hold"]),
        (55, ["Hold"]),
        (56, []),
        (-3, ["Sequence"]),
    ],
)
def test_ic_11_thyroid_scan_after_contrast(days_ago: float, expected: list[str]) -> None:
    scan = replace(
        PLAIN_CT, modality="NM", body_part="THYROID", radiopharmaceutical="I-123 sodium iodide"
    )
    patient = replace(MAN, exams=(past(CT, days_ago * 24),))
    assert effects("IC-11", patient, scan) == expected
    assert effects("IC-11", patient, replace(scan, body_part="BONE", radiopharmaceutical="")) == []
    assert effects("IC-11", patient, replace(PLAIN_CT, body_part="THYROID")) == []


THYROID_SCAN = replace(
    PLAIN_CT,
    procedure_code="78014",
    modality="NM",
    body_part="THYROID",
    radiopharmaceutical="I-123 sodium iodide",
    duration_minutes=30,
)


def test_ic_11_the_scan_ends_before_the_contrast_or_waits_six_weeks() -> None:
    booked = past(CT, -72)
    (order,) = exam_findings("IC-11", replace(MAN, exams=(booked,)), THYROID_SCAN)
    assert isinstance(order, Sequence)
    assert (order.comes, order.other) == ("before", CT.procedure_code)
    assert order.after == booked.starts_at - timedelta(minutes=30)
    assert order.before == booked.starts_at + timedelta(days=42)


@pytest.mark.parametrize(
    ("priority", "expected"),
    [("ROUTINE", ["Sequence"]), ("ASAP", ["Warn"]), ("URGENT", ["Warn"]), ("STAT", ["Warn"])],
)
def test_ic_11_only_routine_contrast_waits_for_a_booked_scan(
    priority: str, expected: list[str]
) -> None:
    patient = replace(MAN, exams=(past(THYROID_SCAN, -72),))
    assert effects("IC-11", patient, replace(CT, priority=priority)) == expected
    assert effects("IC-11", replace(MAN, exams=(past(THYROID_SCAN, 1),)), CT) == []


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
