"""Table limits, isolation, transport, help and missed exams."""

from dataclasses import replace
from datetime import time

import pytest

from tests.unit.rules.cases import (
    MAN,
    PLAIN_CT,
    PLAIN_MR,
    ULTRASOUND,
    aged,
    effects,
    exam_findings,
    room,
    room_effects,
)
from worklist.rules.facts import PatientFacts
from worklist.rules.findings import DailyWindows, Extend


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
        ("airborne", "URGENT", ["RequireCapability", "Warn", "Extend"], [45]),
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


# CDC 2005, tuberculosis: without such a room the patient comes when few others follow.
@pytest.mark.parametrize(
    ("priority", "expected"),
    [
        ("ROUTINE", ["DailyWindows", "Warn", "Extend"]),
        ("STAT", ["Prefer", "Warn", "Extend"]),
    ],
)
def test_rm_02_is_late_in_the_day_where_no_room_has_negative_pressure(
    priority: str, expected: list[str]
) -> None:
    exam = replace(PLAIN_MR, priority=priority, negative_pressure=False)
    patient = replace(MAN, isolation="airborne")
    assert effects("RM-02", patient, exam) == expected
    windows = [
        one for one in exam_findings("RM-02", patient, exam) if isinstance(one, DailyWindows)
    ]
    assert all(one.windows == ((time(15), time(23, 59)),) for one in windows)


def test_rm_03_bed() -> None:
    patient = replace(MAN, needs=frozenset({"bed"}))
    assert effects("RM-03", patient, PLAIN_CT) == ["Extend"]
    (longer,) = exam_findings("RM-03", patient, PLAIN_CT)
    assert isinstance(longer, Extend)
    assert longer.minutes == 10
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


@pytest.mark.parametrize(("missed", "expected"), [(0, []), (1, []), (2, ["Warn"])])
def test_ad_01_missed_exams(missed: int, expected: list[str]) -> None:  # the default is two
    assert effects("AD-01", replace(MAN, no_shows=missed), ULTRASOUND) == expected
