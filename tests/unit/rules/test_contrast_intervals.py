from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.rules.cases import (
    CT,
    MAN,
    MR,
    NOW,
    PLAIN_CT,
    STAT,
    effects,
    egfr,
    exam_findings,
    past,
)
from worklist.rules.facts import ExamFacts
from worklist.rules.findings import (
    Avoid,
    Delay,
    Sequence,
)


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
