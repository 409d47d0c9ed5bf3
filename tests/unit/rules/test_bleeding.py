"""Clotting before interventions (SIR 2019): INR, platelets and blood thinners."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.rules.cases import MAN, NOW, PLAIN_CT, effects, exam_findings
from worklist.rules.facts import ExamFacts, Measurement
from worklist.rules.findings import Hold, Role

HIGH = replace(PLAIN_CT, modality="XA", bleeding_risk="high")
LOW = replace(HIGH, bleeding_risk="low")


def measured(number: float, days_ago: float = 1) -> Measurement:
    return Measurement(number=number, observed_at=NOW - timedelta(days=days_ago))


GOOD: dict[str, Any] = {"inr": measured(1.0), "platelets": measured(250)}


# High risk: INR up to 1.5-1.8, platelets from 50. Low risk: INR up to 2.0-3.0, platelets from 20,
# and no laboratory is asked for.
@pytest.mark.parametrize(
    ("exam", "facts", "expected"),
    [
        (HIGH, GOOD, []),
        (HIGH, GOOD | {"inr": measured(1.8)}, []),
        (HIGH, GOOD | {"inr": measured(1.9)}, ["Hold"]),
        (HIGH, GOOD | {"platelets": measured(50)}, []),
        (HIGH, GOOD | {"platelets": measured(49.9)}, ["Hold"]),
        (HIGH, {}, ["Hold", "Hold"]),
        (HIGH, GOOD | {"inr": measured(1.0, 30)}, []),
        (HIGH, GOOD | {"inr": measured(1.0, 30.1)}, ["Hold"]),
        (LOW, {}, []),
        (LOW, {"inr": measured(3.0)}, []),
        (LOW, {"inr": measured(3.1)}, ["Hold"]),
        (LOW, {"platelets": measured(20)}, []),
        (LOW, {"platelets": measured(19.9)}, ["Hold"]),
        (PLAIN_CT, {"inr": measured(5.0)}, []),
        (replace(HIGH, priority="STAT"), GOOD, []),
        (replace(HIGH, priority="STAT"), {}, ["Warn", "Warn"]),
        (replace(HIGH, priority="STAT"), GOOD | {"inr": measured(1.9)}, ["Warn"]),
    ],
)
def test_sq_04_laboratory(exam: ExamFacts, facts: dict[str, Any], expected: list[str]) -> None:
    assert effects("SQ-04", replace(MAN, **facts), exam) == expected


@pytest.mark.parametrize(
    ("exam", "expected"),
    [
        (HIGH, ["Hold"]),
        (LOW, ["Warn"]),
        (replace(HIGH, priority="STAT"), ["Warn"]),
        (PLAIN_CT, []),
    ],
)
def test_sq_04_blood_thinner(exam: ExamFacts, expected: list[str]) -> None:
    patient = replace(MAN, medications=frozenset({"anticoagulant"}), **GOOD)
    assert effects("SQ-04", patient, exam) == expected


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        ({}, [(Role.FRONT_DESK, "inr"), (Role.FRONT_DESK, "platelets")]),
        ({"inr": measured(1.0)}, [(Role.FRONT_DESK, "platelets")]),
        ({"inr": measured(2.0)}, [(Role.RADIOLOGIST, None), (Role.FRONT_DESK, "platelets")]),
        (
            {"inr": measured(1.0, 31), "platelets": measured(40)},
            [(Role.RADIOLOGIST, None), (Role.FRONT_DESK, "inr")],
        ),
        (GOOD | {"inr": measured(2.0), "platelets": measured(40)}, [(Role.RADIOLOGIST, None)]),
    ],
)
def test_sq_04_asks_for_all_that_is_missing_at_once(
    facts: dict[str, Any], asked: list[tuple[Role, str | None]]
) -> None:
    found = exam_findings("SQ-04", replace(MAN, **facts), HIGH)
    assert [(one.role, one.fact) for one in found if isinstance(one, Hold)] == asked
