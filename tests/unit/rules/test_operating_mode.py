"""MR-02: what an implant's label says of radio waves and gradients, against the room's scanner."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.rules.cases import (
    MAN,
    NOW,
    PLAIN_CT,
    PLAIN_MR,
    THRESHOLDS,
    exam_findings,
    room,
    room_effects,
)
from worklist.rules.evaluate import evaluate_exam, evaluate_room
from worklist.rules.facts import Implant, ImplantSafety, PatientFacts
from worklist.rules.findings import Extend, ExtendedPart, Finding, Hold, RequireCapability, Role
from worklist.vocabulary import OperatingMode


def labelled(*limits: dict[str, Any], safety: ImplantSafety = ImplantSafety.CONDITIONAL) -> Any:
    """Return a patient with an implant for each set of limits; the cards allow any field."""
    implants = tuple(
        Implant(
            name=f"implant {number}",
            safety=safety,
            conditional_tesla=(1.5, 3.0),
            card_seen=True,
            **one,
        )
        for number, one in enumerate(limits)
    )
    return replace(MAN, implants=implants, mr_screened_at=NOW)


def kinds(findings: list[Finding]) -> list[str]:
    return [type(one).__name__ for one in findings]


# IEC 60601-2-33: whole-body SAR up to 2 W/kg in the normal operating mode, up to 4 W/kg in the
# first level controlled one. B1+rms is a limit of its own that the operator sets.
@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ([{"sar_w_kg": 1.9}], ["RequireCapability", "Warn", "Extend"]),
        ([{"sar_w_kg": 2.0}], ["Warn", "Extend"]),
        ([{"sar_w_kg": 3.9}], ["Warn", "Extend"]),
        ([{"sar_w_kg": 4.0}], []),
        ([{"b1_rms_ut": 2.8}], ["RequireCapability", "Extend"]),
        ([{"sar_w_kg": 2.0, "b1_rms_ut": 2.8}], ["RequireCapability", "Warn", "Extend"]),
        ([{"sar_w_kg": 4.0}, {"sar_w_kg": 2.0}], ["Warn", "Extend"]),
        ([{}], []),
    ],
)
def test_radio_waves(limits: list[dict[str, float]], expected: list[str]) -> None:
    patient = labelled(*limits)
    assert kinds(exam_findings("MR-02", patient, PLAIN_MR)) == expected
    assert exam_findings("MR-02", patient, PLAIN_CT) == []


# The same limits where the mode is planned: what its own SAR keeps to needs nobody and no time.
@pytest.mark.parametrize(
    ("mode", "sar", "expected"),
    [
        (OperatingMode.NORMAL, 1.9, ["RequireCapability", "Extend"]),
        (OperatingMode.NORMAL, 2.0, ["Warn"]),
        (OperatingMode.NORMAL, 3.9, ["Warn"]),
        (OperatingMode.NORMAL, 4.0, []),
        (OperatingMode.FIRST_LEVEL_CONTROLLED, 1.9, ["RequireCapability", "Hold", "Extend"]),
        (OperatingMode.FIRST_LEVEL_CONTROLLED, 2.0, ["Hold", "Extend"]),
        (OperatingMode.FIRST_LEVEL_CONTROLLED, 3.9, ["Hold", "Extend"]),
        (OperatingMode.FIRST_LEVEL_CONTROLLED, 4.0, []),
    ],
)
def test_the_planned_mode_decides(mode: OperatingMode, sar: float, expected: list[str]) -> None:
    exam = replace(PLAIN_MR, operating_mode=mode)
    assert kinds(exam_findings("MR-02", labelled({"sar_w_kg": sar}), exam)) == expected


@pytest.mark.parametrize(
    ("sar", "asked"),
    [
        (1.5, "Can the exam be done with the SAR limited to 1.5 W/kg?"),
        (2.0, "Can the exam be done in the normal operating mode?"),
    ],
)
def test_whether_another_mode_will_do_is_asked_of_mr_safety(sar: float, asked: str) -> None:
    exam = replace(PLAIN_MR, operating_mode=OperatingMode.FIRST_LEVEL_CONTROLLED)
    found = exam_findings("MR-02", labelled({"sar_w_kg": sar}), exam)
    (hold,) = (one for one in found if isinstance(one, Hold))
    assert (hold.role, hold.question, hold.fact) == (Role.MR_SAFETY_OFFICER, asked, None)


def test_only_a_conditional_implant_has_limits() -> None:
    limits = {"sar_w_kg": 1.0, "slew_rate_t_m_s": 1.0}
    safe: PatientFacts = labelled(limits, safety=ImplantSafety.SAFE)
    assert exam_findings("MR-02", safe, PLAIN_MR) == []
    assert room_effects("MR-02", safe, PLAIN_MR, room("MR01", field_strength_tesla=1.5)) == []


def test_the_least_of_several_labels_is_told_with_the_scanner_that_it_needs() -> None:
    patient = labelled({"sar_w_kg": 1.5, "b1_rms_ut": 3.2}, {"b1_rms_ut": 2.0})
    found = exam_findings("MR-02", patient, PLAIN_MR)
    (needs,) = (one for one in found if isinstance(one, RequireCapability))
    assert needs.capability == "rf_limits"
    assert "a SAR of 1.5 W/kg and a B1+rms of 2 µT" in needs.text
    (longer,) = (one for one in found if isinstance(one, Extend))
    assert (longer.part, longer.minutes) == (ExtendedPart.ROOM, 10)


def test_the_modes_and_the_minutes_are_the_departments() -> None:
    patient = labelled({"sar_w_kg": 2.0})
    stricter = replace(
        THRESHOLDS,
        mr_normal_mode_sar_w_kg=2.1,
        mr_first_level_sar_w_kg=3.0,
        mr_limited_minutes=0,
    )
    found = [one for one in evaluate_exam(patient, PLAIN_MR, stricter, NOW) if one.rule == "MR-02"]
    assert kinds(found) == ["RequireCapability", "Warn"]


@pytest.mark.parametrize("limit", ["slew_rate_t_m_s", "spatial_gradient_t_m"])
@pytest.mark.parametrize(
    ("allowed", "reached", "expected"),
    [
        (200.0, 200.0, []),
        (200.0, 200.1, ["Block"]),
        (200.0, None, ["Block"]),
        (None, 300.0, []),
        (None, None, []),
    ],
)
def test_gradients(
    limit: str, allowed: float | None, reached: float | None, expected: list[str]
) -> None:
    patient = labelled({limit: allowed})
    limits: dict[str, Any] = {limit: reached}
    scanner = room("MR01", field_strength_tesla=1.5, **limits)
    assert room_effects("MR-02", patient, PLAIN_MR, scanner) == expected
    assert room_effects("MR-02", patient, PLAIN_CT, scanner) == []


def test_why_the_room_is_left_out_is_told() -> None:
    patient = labelled({"slew_rate_t_m_s": 125.0, "spatial_gradient_t_m": 20.0})
    scanner = room("MR02", field_strength_tesla=3.0, slew_rate_t_m_s=200.0)
    found = evaluate_room(patient, PLAIN_MR, scanner, THRESHOLDS)
    assert [str(one.text) for one in found if one.rule == "MR-02"] == [
        "The slew rate of MR02 is 200 T/m/s; the implant allows 125 T/m/s.",
        "The spatial gradient of MR02 is not known; the implant allows 20 T/m.",
    ]
