"""What a patient does before the exam."""

from dataclasses import replace
from datetime import time

import pytest

from tests.unit.rules.cases import (
    CT,
    MAN,
    PLAIN_CT,
    PLAIN_MR,
    ULTRASOUND,
    effects,
    exam_findings,
)
from worklist.rules.facts import ExamFacts
from worklist.rules.findings import Extend, ExtendedPart, PreferUntil

DRINKING = replace(CT, body_part="ABDOMEN", oral_contrast=True)


@pytest.mark.parametrize(
    ("exam", "expected"),
    [
        (DRINKING, ["Extend"]),
        (CT, []),
        (replace(DRINKING, priority="STAT"), ["Warn"]),
        (replace(DRINKING, modality="MR"), []),
    ],
)
def test_pr_01_oral_contrast(exam: ExamFacts, expected: list[str]) -> None:
    assert effects("PR-01", MAN, exam) == expected


def test_pr_01_an_hour_in_a_chair_before() -> None:  # practice: 60 to 90 minutes
    (stay,) = exam_findings("PR-01", MAN, DRINKING)
    assert isinstance(stay, Extend)
    assert (stay.part, stay.minutes, stay.resource_kind) == (
        ExtendedPart.BEFORE,
        60,
        "preparation_chair",
    )


@pytest.mark.parametrize(
    ("exam", "expected"),
    [
        (ULTRASOUND, ["Warn", "PreferUntil"]),
        (replace(ULTRASOUND, body_part="LIVER"), ["Warn", "PreferUntil"]),
        (replace(ULTRASOUND, body_part="THYROID"), []),
        (replace(ULTRASOUND, priority="STAT"), []),
        (replace(ULTRASOUND, patient_class="E"), []),
        (replace(ULTRASOUND, bleeding_risk="high"), []),
        (replace(PLAIN_CT, body_part="ABDOMEN"), []),
    ],
)
def test_pr_02_ultrasound_of_the_abdomen(exam: ExamFacts, expected: list[str]) -> None:
    assert effects("PR-02", MAN, exam) == expected


def test_pr_02_six_hours_and_the_morning() -> None:  # AIUM, ultrasound of the abdomen
    warning, preference = exam_findings("PR-02", MAN, ULTRASOUND)
    assert "6 hours" in warning.text
    assert isinstance(preference, PreferUntil)
    assert preference.until == time(12)


@pytest.mark.parametrize(
    ("part", "modality", "expected"),
    [
        ("PELVIS", "US", ["Warn"]),
        ("BLADDER", "US", ["Warn"]),
        ("ABDOMEN", "US", []),
        ("PELVIS", "MR", []),
    ],
)
def test_pr_03_full_bladder(part: str, modality: str, expected: list[str]) -> None:
    exam = replace(PLAIN_MR, modality=modality, body_part=part)
    assert effects("PR-03", MAN, exam) == expected
    assert all("1000 mL" in one.text for one in exam_findings("PR-03", MAN, exam))
