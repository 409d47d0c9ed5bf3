from dataclasses import replace

import pytest

from tests.unit.rules.cases import CT, MAN, MR, PLAIN_MR, aged, effects, egfr, expecting, reacted
from worklist.rules.facts import ExamFacts, PatientFacts, Severity
from worklist.vocabulary import Contrast

GROUP_1 = replace(MR, contrast=Contrast.GADOLINIUM_GROUP_1)
GROUP_3 = replace(MR, contrast=Contrast.GADOLINIUM_GROUP_3)


# ACR Manual on Contrast Media 2024, NSF: group I contraindicated, group III with caution in
# eGFR < 30, dialysis and AKI; group II needs no screening.
@pytest.mark.parametrize(
    ("patient", "exam", "expected"),
    [
        (replace(MAN, renal_function=egfr(29.9)), GROUP_1, ["Block"]),
        (replace(MAN, renal_function=egfr(30)), GROUP_1, []),
        (replace(MAN, renal_function=egfr(29.9)), GROUP_3, ["Hold"]),
        (replace(MAN, renal_function=egfr(30)), GROUP_3, []),
        (replace(MAN, renal_function=egfr(29.9)), MR, []),
        (replace(MAN, dialysis=True), GROUP_1, ["Block"]),
        (replace(MAN, acute_kidney_injury=True), GROUP_3, ["Hold"]),
        (aged(61), GROUP_3, ["Hold"]),
        (aged(61), replace(GROUP_3, priority="STAT"), ["Warn"]),
        (aged(61, renal_function=egfr(80)), GROUP_3, []),
        (aged(61), MR, []),
        (MAN, GROUP_1, []),
    ],
)
def test_gd_01_renal_impairment(
    patient: PatientFacts, exam: ExamFacts, expected: list[str]
) -> None:
    assert effects("GD-01", patient, exam) == expected


@pytest.mark.parametrize(
    ("value", "exam", "expected"),
    [(29.9, MR, ["Warn"]), (30, MR, []), (29.9, GROUP_3, []), (29.9, PLAIN_MR, [])],
)
def test_gd_02_group_two(value: float, exam: ExamFacts, expected: list[str]) -> None:  # ACR 2024
    assert effects("GD-02", replace(MAN, renal_function=egfr(value)), exam) == expected


def test_gd_03_pregnancy() -> None:  # ACR 2024
    assert effects("GD-03", expecting(20), MR) == ["Hold"]
    assert effects("GD-03", expecting(20), PLAIN_MR) == []
    assert effects("GD-03", MAN, MR) == []


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        (Severity.MILD, ["Warn"]),
        (Severity.MODERATE, ["Hold", "Delay"]),
        (Severity.UNKNOWN, ["Hold"]),
        (Severity.SEVERE, ["Hold", "RequireCapability", "RequireResource", "Delay"]),
    ],
)
def test_gd_04_reaction(severity: Severity, expected: list[str]) -> None:  # ACR 2024
    assert effects("GD-04", reacted("gadolinium", severity), MR) == expected
    assert effects("GD-04", reacted("iodinated", severity), MR) == []
    assert effects("GD-04", reacted("gadolinium", severity), CT) == []
