from dataclasses import replace

import pytest

from tests.unit.rules.cases import (
    ANGIOGRAPHY,
    CT,
    MAN,
    PLAIN_CT,
    STAT,
    WARD,
    aged,
    effects,
    egfr,
    exam_findings,
)
from worklist.rules.facts import ExamFacts, PatientFacts
from worklist.rules.findings import (
    Extend,
    ExtendedPart,
    Hold,
    Role,
)
from worklist.vocabulary import ContrastRoute


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


# ACR 2024, metformin: category II is AKI, eGFR < 30, or arterial studies that reach the kidneys.
@pytest.mark.parametrize(
    ("value", "exam", "expected"),
    [(29.9, CT, ["Warn"]), (30, CT, []), (90, ANGIOGRAPHY, ["Warn"])],
)
def test_ic_08_metformin(value: float, exam: ExamFacts, expected: list[str]) -> None:
    patient = replace(MAN, medications=frozenset({"metformin"}), renal_function=egfr(value))
    assert effects("IC-08", patient, exam) == expected
    assert effects("IC-08", replace(patient, medications=frozenset()), exam) == []
