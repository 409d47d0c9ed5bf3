from dataclasses import replace

import pytest

from tests.unit.rules.cases import (
    MAN,
    PET,
    PLAIN_CT,
    PLAIN_MR,
    ULTRASOUND,
    WOMAN,
    aged,
    effects,
    exam_findings,
    past,
    room,
    room_effects,
)
from worklist.rules.facts import ExamFacts, PastExam, PatientFacts
from worklist.rules.findings import Extend
from worklist.vocabulary import Contrast, ContrastRoute

ABDOMEN_CT = replace(PLAIN_CT, body_part="ABDOMEN")
ENEMA = replace(
    PLAIN_CT,
    modality="RF",
    body_part="COLON",
    contrast=Contrast.BARIUM,
    contrast_route=ContrastRoute.RECTAL,
)


# SNMMI and EANM FDG 2.0: 6 hours of fasting, glucose up to 200 mg/dL.
@pytest.mark.parametrize(
    ("glucose", "expected"), [(200.0, ["Warn"]), (200.1, ["Warn", "Hold"]), (None, ["Warn"])]
)
def test_nm_01_fdg(glucose: float | None, expected: list[str]) -> None:
    patient = replace(MAN, glucose_mg_dl=glucose)
    assert effects("NM-01", patient, PET) == expected
    assert effects("NM-01", patient, replace(PET, radiopharmaceutical="Ga-68 PSMA")) == []
    assert "6 hours" in exam_findings("NM-01", patient, PET)[0].text


def test_nm_01_books_patients_with_diabetes_in_the_morning() -> None:
    patient = replace(MAN, conditions=frozenset({"diabetes"}))
    assert "morning" in exam_findings("NM-01", patient, PET)[1].text


@pytest.mark.parametrize(
    ("exam", "other", "expected"),
    [
        (ULTRASOUND, past(PET, 1.9), ["Warn"]),
        (ULTRASOUND, past(PET, 2), []),
        (ULTRASOUND, past(PET, -3), ["Warn"]),
        (PET, past(ULTRASOUND, -3), ["Warn"]),
        (PET, past(ULTRASOUND, 24), []),
        (PLAIN_MR, past(PET, 1), []),
    ],
)
def test_nm_04_radioactive_patient(
    exam: ExamFacts, other: PastExam, expected: list[str]
) -> None:  # two hours, ICRP 94
    assert effects("NM-04", replace(MAN, exams=(other,)), exam) == expected


# NRC ACMUI 2018: 24 h for all Tc-99m, 4 h for F-18 and Ga-68, 3 d for I-123 iodide, I-131 ends it.
@pytest.mark.parametrize(
    ("tracer", "effect", "words"),
    [
        ("Tc-99m MDP", "Warn", "24 hours"),
        ("99mTc-sestamibi", "Warn", "24 hours"),
        ("F-18 FDG", "Warn", "4 hours"),
        ("18F FDG", "Warn", "4 hours"),
        ("Ga-68 PSMA", "Warn", "4 hours"),
        ("Ga-67 citrate", "Warn", "28 days"),
        ("I-123 sodium iodide", "Warn", "3 days"),
        ("I-131 sodium iodide", "Hold", "for good"),
        ("Rb-82 chloride", "Warn", "need not stop"),
        ("something new", "Hold", "nuclear physician"),
    ],
)
def test_nm_06_breastfeeding(tracer: str, effect: str, words: str) -> None:
    patient = replace(WOMAN, conditions=frozenset({"breastfeeding"}))
    exam = replace(PET, radiopharmaceutical=tracer)
    (finding,) = exam_findings("NM-06", patient, exam)
    assert type(finding).__name__ == effect
    assert words in finding.text
    assert effects("NM-06", WOMAN, exam) == []
    assert effects("NM-06", patient, PLAIN_CT) == []


@pytest.mark.parametrize(
    ("exam", "other", "expected"),
    [
        (ABDOMEN_CT, past(ENEMA, 47), ["Delay"]),
        (ABDOMEN_CT, past(ENEMA, 48), []),
        (ABDOMEN_CT, past(ENEMA, -24), ["Avoid"]),
        (ENEMA, past(ABDOMEN_CT, -24), ["Avoid"]),
        (ENEMA, past(ABDOMEN_CT, 1), []),
        (PLAIN_CT, past(ENEMA, 1), []),
        (replace(ABDOMEN_CT, priority="STAT"), past(ENEMA, 1), ["Warn"]),
    ],
)
def test_pr_04_barium_comes_last(
    exam: ExamFacts, other: PastExam, expected: list[str]
) -> None:  # practice: 48 to 72 hours
    assert effects("PR-04", replace(MAN, exams=(other,)), exam) == expected


def test_sq_04_blood_thinner_before_an_intervention() -> None:  # SIR 2019
    patient = replace(MAN, medications=frozenset({"anticoagulant"}))
    intervention = replace(PLAIN_CT, modality="XA")
    assert effects("SQ-04", patient, intervention) == ["Hold"]
    assert effects("SQ-04", patient, replace(intervention, priority="STAT")) == ["Warn"]
    assert effects("SQ-04", patient, PLAIN_CT) == []
    assert effects("SQ-04", MAN, intervention) == []


@pytest.mark.parametrize(
    ("weight", "limit", "expected"),
    [(227.0, 227.0, []), (227.1, 227.0, ["Block"]), (None, 227.0, []), (400.0, None, [])],
)
def test_rm_01_table_limit(weight: float | None, limit: float | None, expected: list[str]) -> None:
    where = room("CT01", "shielded", table_limit_kg=limit)
    assert room_effects("RM-01", replace(MAN, weight_kg=weight), PLAIN_CT, where) == expected


# CDC 2007: airborne needs negative pressure and time to clear the air.
@pytest.mark.parametrize(
    ("kind", "priority", "expected", "minutes"),
    [
        ("airborne", "ROUTINE", ["RequireCapability", "Warn", "Extend"], [45]),
        ("airborne", "STAT", ["Prefer", "Warn", "Extend"], [45]),
        ("contact", "ROUTINE", ["Extend"], [20]),
        ("airborne and contact", "ROUTINE", ["RequireCapability", "Warn", "Extend"], [45]),
        ("droplet", "ROUTINE", ["Warn"], []),
        (None, "ROUTINE", [], []),
    ],
)
def test_rm_02_isolation(
    kind: str | None, priority: str, expected: list[str], minutes: list[int]
) -> None:
    patient, exam = replace(MAN, isolation=kind), replace(PLAIN_CT, priority=priority)
    assert effects("RM-02", patient, exam) == expected
    found = exam_findings("RM-02", patient, exam)
    assert [one.minutes for one in found if isinstance(one, Extend)] == minutes


def test_rm_03_bed() -> None:
    patient = replace(MAN, needs=frozenset({"bed"}))
    assert effects("RM-03", patient, PLAIN_CT) == ["Extend"]
    assert effects("RM-03", patient, ULTRASOUND) == ["Extend", "Warn"]
    assert effects("RM-03", MAN, ULTRASOUND) == []


@pytest.mark.parametrize(
    ("patient", "minutes"),
    [
        (MAN, []),
        (replace(MAN, needs=frozenset({"interpreter"})), [10]),
        (replace(MAN, needs=frozenset({"wheelchair"})), [10]),
        (replace(MAN, needs=frozenset({"wheelchair", "interpreter"})), [15]),
        (aged(7), [10]),
        (aged(8), []),
    ],
)
def test_rm_04_help(patient: PatientFacts, minutes: list[int]) -> None:
    found = exam_findings("RM-04", patient, PLAIN_MR)
    assert [one.minutes for one in found if isinstance(one, Extend)] == minutes
