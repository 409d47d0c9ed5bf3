from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.rules.cases import (
    MAMMOGRAPHY,
    MAN,
    NOW,
    PELVIS_CT,
    PET,
    PLAIN_CT,
    PLAIN_MR,
    ULTRASOUND,
    WOMAN,
    aged,
    effects,
    exam_findings,
    expecting,
    past,
    room,
    room_effects,
)
from worklist.rules.facts import ExamFacts, PastExam, PatientFacts, Pregnancy
from worklist.rules.findings import Avoid, Hold, Role

FILM = replace(PELVIS_CT, procedure_code="73130", modality="DX", body_part="HAND", dose_msv=0.001)


def denied(days_ago: float) -> Pregnancy:
    return Pregnancy(pregnant=False, observed_at=NOW - timedelta(days=days_ago))


# ACR-SPR 2023: ask everyone of childbearing age (default 12 to 55) before the pelvis is exposed.
@pytest.mark.parametrize(
    ("patient", "exam", "expected"),
    [
        (WOMAN, PELVIS_CT, ["Hold"]),
        (WOMAN, PET, ["Hold"]),
        (WOMAN, PLAIN_CT, []),
        (WOMAN, PLAIN_MR, []),
        (MAN, PELVIS_CT, []),
        (replace(WOMAN, sex=None), PELVIS_CT, ["Hold"]),
        (replace(WOMAN, birth_date=None), PELVIS_CT, ["Hold"]),
        (aged(11, sex="F"), PELVIS_CT, []),
        (aged(12, sex="F"), PELVIS_CT, ["Hold"]),
        (aged(55, sex="F"), PELVIS_CT, ["Hold"]),
        (aged(56, sex="F"), PELVIS_CT, []),
        (replace(WOMAN, pregnancy=denied(10)), PELVIS_CT, []),
        (replace(WOMAN, pregnancy=denied(10.1)), PELVIS_CT, ["Hold"]),
        (WOMAN, replace(PELVIS_CT, priority="STAT"), ["Hold"]),
        (WOMAN, replace(PELVIS_CT, patient_class="E"), ["Hold"]),
        (WOMAN, replace(PELVIS_CT, priority="URGENT"), ["Hold"]),
        (expecting(10), PELVIS_CT, []),
        (expecting(30, days_ago=7 * 13), PELVIS_CT, ["Hold"]),
    ],
)
def test_ra_01_pregnancy_known(patient: PatientFacts, exam: ExamFacts, expected: list[str]) -> None:
    assert effects("RA-01", patient, exam) == expected


@pytest.mark.parametrize(
    ("change", "role", "before_booking"),
    [
        ({"priority": "STAT"}, Role.TECHNOLOGIST, False),
        ({"patient_class": "E"}, Role.TECHNOLOGIST, False),
        ({"priority": "URGENT"}, Role.FRONT_DESK, True),
    ],
)
def test_ra_01_an_emergency_is_booked_at_once_and_asked_at_the_scanner(
    change: dict[str, Any], role: Role, *, before_booking: bool
) -> None:  # ACR-SPR 2023, screening: asked before the exposure, not before the room is free
    (hold,) = exam_findings("RA-01", WOMAN, replace(PELVIS_CT, **change))
    assert isinstance(hold, Hold)
    assert (hold.role, hold.before_booking) == (role, before_booking)


# ICRP 84: the 28-day rule by default, the 10-day rule for procedures of high dose.
@pytest.mark.parametrize(("dose", "asks_period"), [(9.9, False), (10.0, True)])
def test_ra_01_asks_for_the_period_where_the_dose_is_high(
    dose: float, *, asks_period: bool
) -> None:
    (hold,) = exam_findings("RA-01", WOMAN, replace(PELVIS_CT, dose_msv=dose))
    assert isinstance(hold, Hold)
    assert (hold.role, hold.fact) == (Role.FRONT_DESK, "pregnancy")
    assert ("last period" in hold.question) is asks_period


def period(days_ago: float) -> PatientFacts:
    return replace(WOMAN, last_period_at=NOW - timedelta(days=days_ago))


# ICRP 84: 28 days from the begin of the last period, 10 days for a high dose (from 10 mSv).
@pytest.mark.parametrize(
    ("days_ago", "dose", "expected"),
    [
        (27.9, 9.9, ["Avoid"]),
        (28, 9.9, ["Hold"]),
        (9.9, 10.0, ["Avoid"]),
        (10, 10.0, ["Hold"]),
    ],
)
def test_ra_01_last_period(days_ago: float, dose: float, expected: list[str]) -> None:
    exam = replace(PELVIS_CT, dose_msv=dose)
    assert effects("RA-01", period(days_ago), exam) == expected


def test_ra_01_the_exam_is_done_while_the_last_period_holds() -> None:
    (avoid,) = exam_findings("RA-01", period(7), replace(PELVIS_CT, dose_msv=10.0))
    assert isinstance(avoid, Avoid)
    assert avoid.after == NOW + timedelta(days=3)


# ICRP 84 (2000), table of fetal doses: the means of the usual exams.
@pytest.mark.parametrize(
    ("modality", "part", "words"),
    [
        ("CT", "PELVIS", "about 25 mGy"),
        ("CT", "ABDOMEN", "about 8 mGy"),
        ("CT", "COLON", "about 8 mGy"),
        ("CT", "LSPINE", "about 2.4 mGy"),
        ("CT", "CHEST", "about 0.06 mGy"),
        ("CT", "HEAD", "about 0.005 mGy"),
        ("DX", "ABDOMEN", "about 1.4 mGy"),
        ("DX", "PELVIS", "about 1.1 mGy"),
        ("DX", "LSPINE", "about 1.7 mGy"),
        ("DX", "CHEST", "about 0.01 mGy"),
        ("RF", "COLON", "about 6.8 mGy"),
        ("RF", "STOMACH", "about 1.1 mGy"),
        ("CT", "KIDNEY", "physicist estimates"),
    ],
)
def test_ra_02_tells_the_dose_to_the_child(modality: str, part: str, words: str) -> None:
    exam = replace(PELVIS_CT, modality=modality, body_part=part)
    (hold,) = exam_findings("RA-02", expecting(10), exam)
    assert words in hold.text


@pytest.mark.parametrize(
    ("patient", "exam", "expected"),
    [
        (expecting(10), PELVIS_CT, ["Hold"]),
        (expecting(None), PELVIS_CT, ["Hold"]),
        (expecting(10), PET, ["Hold"]),
        (expecting(10), PLAIN_CT, ["Warn"]),
        (expecting(10), PLAIN_MR, []),
        (expecting(10), replace(PELVIS_CT, priority="STAT"), ["Hold"]),
        (expecting(10, days_ago=7 * 32), PELVIS_CT, ["Hold"]),
        (expecting(10, days_ago=7 * 32 + 1), PELVIS_CT, []),
        (WOMAN, PELVIS_CT, []),
    ],
)
def test_ra_02_pregnant(
    patient: PatientFacts, exam: ExamFacts, expected: list[str]
) -> None:  # ACR-SPR 2023
    assert effects("RA-02", patient, exam) == expected


# IAEA and WHO: 100 mSv accumulated in a few years calls for attention.
@pytest.mark.parametrize(
    ("doses", "hours_ago", "expected"),
    [
        ([94.0], 24, []),
        ([94.1], 24, ["Warn"]),
        ([47.0, 47.2], 24, ["Warn"]),
        ([94.1], 24 * 5 * 365, ["Warn"]),
        ([94.1], 24 * (5 * 365 + 3), []),
        ([94.1], -24, []),
    ],
)
def test_ra_03_cumulative_dose(doses: list[float], hours_ago: float, expected: list[str]) -> None:
    exams = tuple(past(PLAIN_CT, hours_ago, dose_msv=dose) for dose in doses)
    assert effects("RA-03", replace(MAN, exams=exams), PLAIN_CT) == expected
    assert effects("RA-03", replace(MAN, exams=exams), PLAIN_MR) == []


# Defaults of the rule catalogue: CT within 7 days, radiographs within one.
@pytest.mark.parametrize(
    ("exam", "other", "expected"),
    [
        (PLAIN_CT, past(PLAIN_CT, 7 * 24 - 1), ["Hold"]),
        (PLAIN_CT, past(PLAIN_CT, 7 * 24), []),
        (PLAIN_CT, past(PLAIN_CT, 1, procedure_code="71275"), ["Hold"]),
        (PLAIN_CT, past(PELVIS_CT, 1, procedure_code="74176"), []),
        (PLAIN_CT, past(FILM, 1, body_part="CHEST"), []),
        (PLAIN_CT, past(PLAIN_CT, 1, body_part="THORAX"), ["Hold"]),
        (FILM, past(FILM, 23), ["Hold"]),
        (FILM, past(FILM, 24), []),
        (replace(FILM, modality="CR"), past(FILM, 23, modality="CR"), ["Hold"]),
        (replace(FILM, modality="CR"), past(FILM, 24, modality="CR"), []),
        (replace(FILM, laterality="L"), past(FILM, 1, laterality="R"), []),
        (replace(FILM, laterality="L"), past(FILM, 1, laterality="L"), ["Hold"]),
        (replace(FILM, laterality="L"), past(FILM, 1), ["Hold"]),
        (PLAIN_CT, past(PLAIN_CT, -24), ["Hold"]),
        (replace(PLAIN_CT, priority="STAT"), past(PLAIN_CT, 1), ["Warn"]),
        (replace(PLAIN_CT, patient_class="I"), past(PLAIN_CT, 1), ["Hold"]),
        (replace(FILM, patient_class="I"), past(FILM, 1), ["Warn"]),
        (ULTRASOUND, past(ULTRASOUND, 1), []),
    ],
)
def test_ra_04_repeat(exam: ExamFacts, other: PastExam, expected: list[str]) -> None:
    assert effects("RA-04", replace(MAN, exams=(other,)), exam) == expected


# Image Gently: children's protocols; below 16 by default.
@pytest.mark.parametrize(
    ("patient", "exam", "expected"),
    [
        (aged(15), PLAIN_CT, ["RequireCapability", "Prefer"]),
        (aged(16), PLAIN_CT, []),
        (aged(15), PLAIN_MR, []),
        (aged(15), replace(PLAIN_CT, priority="STAT"), ["Prefer", "Prefer"]),
        (replace(MAN, birth_date=None), PLAIN_CT, []),
    ],
)
def test_ra_05_child(patient: PatientFacts, exam: ExamFacts, expected: list[str]) -> None:
    assert effects("RA-05", patient, exam) == expected


@pytest.mark.parametrize(
    ("exam", "capabilities", "expected"),
    [
        (PLAIN_CT, [], ["Block"]),
        (PLAIN_CT, ["shielded"], []),
        (PET, ["shielded"], ["Block"]),
        (PET, ["isotope_licence"], []),
        (PLAIN_MR, [], []),
    ],
)
def test_ra_06_shielding(
    exam: ExamFacts, capabilities: list[str], expected: list[str]
) -> None:  # NCRP 147
    assert room_effects("RA-06", MAN, exam, room("R1", *capabilities)) == expected


# USPSTF 2024: 40 to 74 years; 330 days is the department's default interval.
@pytest.mark.parametrize(
    ("years", "days_ago", "expected"),
    [
        (39, None, ["Hold"]),
        (40, None, []),
        (74, None, []),
        (75, None, ["Hold"]),
        (50, 329, ["Hold"]),
        (50, 330, []),
        (39, 10, ["Hold"]),
    ],
)
def test_ra_07_screening_mammography(
    years: int, days_ago: float | None, expected: list[str]
) -> None:
    exams = () if days_ago is None else (past(MAMMOGRAPHY, days_ago * 24),)
    patient = aged(years, sex="F", exams=exams)
    assert effects("RA-07", patient, MAMMOGRAPHY) == expected
    assert effects("RA-07", patient, replace(MAMMOGRAPHY, screening=False)) == []
