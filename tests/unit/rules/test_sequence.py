"""The order of a patient's exams, and the time between them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.unit.rules.cases import (
    CT,
    MAN,
    MR,
    NOW,
    PET,
    PLAIN_CT,
    PLAIN_MR,
    THRESHOLDS,
    ULTRASOUND,
    effects,
    exam_findings,
    of_rule,
    past,
)
from worklist.rules.evaluate import evaluate_exam
from worklist.rules.facts import ExamFacts, PastExam
from worklist.rules.findings import Avoid, Delay, Sequence
from worklist.vocabulary import Contrast, ContrastRoute

ABDOMEN_CT = replace(PLAIN_CT, body_part="ABDOMEN")
ABDOMEN_MR = replace(PLAIN_MR, body_part="LIVER")
ENEMA = replace(
    PLAIN_CT,
    modality="RF",
    body_part="COLON",
    contrast=Contrast.BARIUM,
    contrast_route=ContrastRoute.RECTAL,
)
BIOPSY = replace(ABDOMEN_CT, procedure_code="77012", bleeding_risk="high")
BONE_SCAN = replace(
    PLAIN_CT, modality="NM", radiopharmaceutical="Tc-99m medronate", uptake_minutes=180
)


# ICRP 94: two hours after the tracer. The exam's own uptake of 60 minutes lies before its start.
@pytest.mark.parametrize(
    ("exam", "other", "expected"),
    [
        (ULTRASOUND, past(PET, 1.9), ["Delay"]),
        (ULTRASOUND, past(PET, 2), []),
        (ULTRASOUND, past(PET, -3), ["Avoid"]),
        (PET, past(ULTRASOUND, -3), ["Avoid"]),
        (PET, past(ULTRASOUND, 24), []),
        (PLAIN_MR, past(PET, 1), []),
        (replace(ULTRASOUND, priority="STAT"), past(PET, 1), ["Warn"]),
    ],
)
def test_nm_04_radioactive_patient(exam: ExamFacts, other: PastExam, expected: list[str]) -> None:
    assert effects("NM-04", replace(MAN, exams=(other,)), exam) == expected


def test_nm_04_counts_from_the_injection() -> None:
    sonogram = past(ULTRASOUND, -6)
    exam = replace(PET, uptake_minutes=60)
    (avoid,) = exam_findings("NM-04", replace(MAN, exams=(sonogram,)), exam)
    assert isinstance(avoid, Avoid)
    assert (avoid.after, avoid.before) == (
        sonogram.starts_at - timedelta(hours=3),
        sonogram.starts_at,
    )


@pytest.mark.parametrize(
    ("exam", "other", "expected"),
    [
        (ABDOMEN_CT, past(ENEMA, 47), ["Delay"]),
        (ABDOMEN_CT, past(ENEMA, 48), []),
        (ABDOMEN_CT, past(ENEMA, -24), ["Avoid"]),
        (ULTRASOUND, past(ENEMA, -24), ["Avoid"]),
        (ENEMA, past(ABDOMEN_CT, -24), ["Warn", "Avoid"]),
        (ENEMA, past(ABDOMEN_CT, 1), ["Warn"]),
        (PLAIN_CT, past(ENEMA, 1), []),
        (replace(ABDOMEN_CT, priority="STAT"), past(ENEMA, 1), ["Warn"]),
    ],
)
def test_pr_04_barium_comes_last(
    exam: ExamFacts, other: PastExam, expected: list[str]
) -> None:  # practice: 48 to 72 hours
    assert effects("PR-04", replace(MAN, exams=(other,)), exam) == expected


@pytest.mark.parametrize(
    ("exam", "other", "expected"),
    [
        (PLAIN_CT, past(CT, -4), ["Sequence"]),
        (CT, past(PLAIN_CT, -4), ["Sequence"]),
        (PLAIN_MR, past(MR, -4), ["Sequence"]),
        (PLAIN_CT, past(CT, 2), ["Warn"]),
        (PLAIN_CT, past(CT, 24), []),
        (PLAIN_CT, past(MR, -4), []),
        (CT, past(CT, -4), []),
        (PLAIN_CT, past(PLAIN_CT, -4), []),
        (replace(PLAIN_CT, oral_contrast=True), past(CT, -4), []),
        (replace(PLAIN_CT, priority="STAT"), past(CT, -4), ["Warn"]),
    ],
)
def test_sq_01_without_contrast_first(
    exam: ExamFacts, other: PastExam, expected: list[str]
) -> None:
    assert effects("SQ-01", replace(MAN, exams=(other,)), exam) == expected


def test_sq_01_concerns_one_day_of_the_site() -> None:
    # 09:00 UTC is 10:00 in Vienna; the other exam is at 14:00 there, the day ends at 23:00 UTC.
    vienna = NOW.astimezone(ZoneInfo("Europe/Vienna"))
    patient = replace(MAN, exams=(past(CT, -4),))
    exam = replace(PLAIN_CT, duration_minutes=15)
    (order,) = of_rule("SQ-01", evaluate_exam(patient, exam, THRESHOLDS, vienna))
    assert isinstance(order, Sequence)
    assert order.after == datetime(2026, 11, 24, 12, 45, tzinfo=UTC)
    assert order.before == datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
    assert order.comes == "before"


def test_sq_01_contrast_waits_for_the_exam_without() -> None:
    plain = past(PLAIN_CT, -4, duration_minutes=15)
    (order,) = exam_findings("SQ-01", replace(MAN, exams=(plain,)), CT)
    assert isinstance(order, Sequence)
    assert (order.after, order.before, order.comes) == (
        datetime(2026, 11, 24, tzinfo=UTC),
        plain.starts_at + timedelta(minutes=15),
        "after",
    )


@pytest.mark.parametrize(
    ("exam", "other", "expected"),
    [
        (ULTRASOUND, past(ABDOMEN_CT, -4), ["Sequence"]),
        (ABDOMEN_CT, past(ULTRASOUND, -4), ["Sequence"]),
        (ABDOMEN_MR, past(ULTRASOUND, -4), ["Sequence"]),
        (ULTRASOUND, past(PLAIN_CT, -4), []),
        (replace(ULTRASOUND, body_part="NECK"), past(ABDOMEN_CT, -4), []),
        (ABDOMEN_CT, past(ULTRASOUND, 4), []),
        (BONE_SCAN, past(PLAIN_MR, -4, duration_minutes=179), ["Warn"]),
        (BONE_SCAN, past(PLAIN_MR, -4, duration_minutes=180), []),
        (BONE_SCAN, past(PLAIN_MR, 4, duration_minutes=30), []),
        (replace(PET, uptake_minutes=0), past(PLAIN_MR, -4), []),
    ],
)
def test_sq_02_order_of_a_visit(exam: ExamFacts, other: PastExam, expected: list[str]) -> None:
    assert effects("SQ-02", replace(MAN, exams=(other,)), exam) == expected


@pytest.mark.parametrize(
    ("exam", "other", "expected"),
    [
        (BIOPSY, past(ABDOMEN_CT, -24), ["Sequence"]),
        (BIOPSY, past(ABDOMEN_CT, 24), []),
        (BIOPSY, past(PLAIN_CT, -24), []),
        (BIOPSY, past(BIOPSY, -24, bleeding_risk="high"), []),
        (ABDOMEN_CT, past(BIOPSY, -24, bleeding_risk="low"), ["Warn"]),
        (replace(BIOPSY, priority="STAT"), past(ABDOMEN_CT, -24), ["Warn"]),
    ],
)
def test_sq_03_imaging_before_an_intervention(
    exam: ExamFacts, other: PastExam, expected: list[str]
) -> None:
    assert effects("SQ-03", replace(MAN, exams=(other,)), exam) == expected


def test_a_delay_after_a_done_exam_ends_with_the_gap() -> None:
    enema = past(ENEMA, 40)
    (delay,) = exam_findings("PR-04", replace(MAN, exams=(enema,)), ABDOMEN_CT)
    assert isinstance(delay, Delay)
    assert delay.not_before == NOW + timedelta(hours=8)
