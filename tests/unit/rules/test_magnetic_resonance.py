from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.rules.cases import (
    CT,
    MAN,
    NOW,
    PLAIN_CT,
    PLAIN_MR,
    THRESHOLDS,
    effects,
    exam_findings,
    expecting,
    implant,
    implanted,
    of_rule,
    past,
    room,
    room_effects,
    screened,
)
from worklist.rules.evaluate import evaluate_exam
from worklist.rules.facts import ExamFacts, Implant, ImplantSafety, PatientFacts
from worklist.rules.findings import Extend, ExtendedPart, Hold, RequireCapability, Role, Sequence

SAFE, CONDITIONAL = ImplantSafety.SAFE, ImplantSafety.CONDITIONAL
UNSAFE, UNKNOWN = ImplantSafety.UNSAFE, ImplantSafety.UNKNOWN


@pytest.mark.parametrize("priority", ["ROUTINE", "STAT"])
@pytest.mark.parametrize(
    ("safety", "expected"),
    [(UNSAFE, ["Block"]), (CONDITIONAL, []), (UNKNOWN, []), (SAFE, [])],
)
def test_mr_01_unsafe_implant(
    safety: ImplantSafety, expected: list[str], priority: str
) -> None:  # ASTM F2503
    patient = implanted(implant(safety))
    assert effects("MR-01", patient, replace(PLAIN_MR, priority=priority)) == expected
    assert effects("MR-01", patient, PLAIN_CT) == []


# ASTM F2503: a conditional implant is safe only under its conditions.
@pytest.mark.parametrize(
    ("implants", "expected"),
    [
        ([implant(CONDITIONAL, 1.5, card_seen=True)], ["RequireCapability"]),
        ([implant(CONDITIONAL, 1.5)], ["RequireCapability", "Hold"]),
        ([implant(CONDITIONAL, 1.5, 3.0, card_seen=True)], []),
        ([implant(CONDITIONAL, card_seen=True)], ["Hold"]),
        (
            [
                implant(CONDITIONAL, 1.5, card_seen=True),
                implant(CONDITIONAL, 1.5, 3.0, card_seen=True),
            ],
            ["RequireCapability"],
        ),
        (
            [implant(CONDITIONAL, 1.5, card_seen=True), implant(CONDITIONAL, 3.0, card_seen=True)],
            ["Block"],
        ),
        ([implant(SAFE)], []),
    ],
)
def test_mr_02_conditional_implant(implants: list[Implant], expected: list[str]) -> None:
    assert effects("MR-02", implanted(*implants), PLAIN_MR) == expected
    assert effects("MR-02", implanted(*implants), PLAIN_CT) == []


@pytest.mark.parametrize(("tesla", "capability"), [(1.5, "1.5T"), (3.0, "3T")])
def test_mr_02_names_the_field_as_rooms_do(tesla: float, capability: str) -> None:
    found = exam_findings("MR-02", implanted(implant(CONDITIONAL, tesla)), PLAIN_MR)
    assert [one.capability for one in found if isinstance(one, RequireCapability)] == [capability]


@pytest.mark.parametrize(
    ("tesla", "field", "expected"),
    [
        ((1.5,), 1.5, []),
        ((1.5,), 3.0, ["Block"]),
        ((1.5, 3.0), 3.0, []),
        ((1.5,), None, ["Block"]),
        ((), 3.0, []),
    ],
)
def test_mr_02_field_of_the_room(
    tesla: tuple[float, ...], field: float | None, expected: list[str]
) -> None:
    patient = implanted(implant(CONDITIONAL, *tesla))
    scanner = room("MR01", field_strength_tesla=field)
    assert room_effects("MR-02", patient, PLAIN_MR, scanner) == expected
    assert room_effects("MR-02", patient, PLAIN_CT, scanner) == []


# ACR Manual on MR Safety 2024: screening before entry; unresolved implants and eye injuries stop.
@pytest.mark.parametrize(
    ("patient", "expected"),
    [
        (MAN, ["Hold"]),
        (screened(), []),
        (implanted(implant(UNKNOWN)), ["Hold"]),
        (screened(metal_eye_injury=True), ["Hold"]),
        (screened(metal_eye_injury=False), []),
        (replace(MAN, metal_eye_injury=True), ["Hold", "Hold"]),
        (replace(implanted(implant(UNKNOWN)), metal_eye_injury=True), ["Hold", "Hold"]),
    ],
)
def test_mr_03_unknown_safety(patient: PatientFacts, expected: list[str]) -> None:
    assert effects("MR-03", patient, PLAIN_MR) == expected
    assert effects("MR-03", patient, replace(PLAIN_MR, priority="STAT")) == expected
    assert effects("MR-03", patient, CT) == []


def test_mr_03_asks_for_each_implant_the_eye_and_the_form_at_once() -> None:
    unknown = tuple(Implant(name=name, safety=UNKNOWN) for name in ("clip", "stent"))
    patient = replace(MAN, implants=unknown, metal_eye_injury=True)
    found = exam_findings("MR-03", patient, PLAIN_MR)
    assert [(one.fact, one.subject) for one in found if isinstance(one, Hold)] == [
        ("implant", "clip"),
        ("implant", "stent"),
        ("metal_eye_injury", ""),
        ("mr_screening", ""),
    ]


def test_mr_02_asks_for_the_card_of_each_implant() -> None:
    seen = Implant(name="port", safety=CONDITIONAL, conditional_tesla=(1.5, 3.0), card_seen=True)
    unseen = tuple(
        Implant(name=name, safety=CONDITIONAL, conditional_tesla=(1.5, 3.0))
        for name in ("clip", "stent")
    )
    found = exam_findings("MR-02", implanted(seen, *unseen), PLAIN_MR)
    holds = [one for one in found if isinstance(one, Hold)]
    assert [(one.fact, one.subject) for one in holds] == [("implant", "clip"), ("implant", "stent")]
    assert ["clip" in one.question for one in holds] == [True, False]


@pytest.mark.parametrize(
    ("hours_ago", "words"),
    [(None, "booked before the MR"), (24, "of 23 Nov 2026"), (-24, "on 25 Nov 2026")],
)
def test_mr_03_asks_about_the_orbits(hours_ago: float | None, words: str) -> None:
    films = () if hours_ago is None else (past(PLAIN_CT, hours_ago, procedure_code="70030"),)
    found = exam_findings("MR-03", screened(metal_eye_injury=True, exams=films), PLAIN_MR)
    (hold,) = (one for one in found if isinstance(one, Hold))
    assert words in hold.question
    assert (hold.role, hold.fact) == (Role.MR_SAFETY_OFFICER, "metal_eye_injury")
    assert hold.before_booking


def test_mr_03_a_booked_film_of_the_orbits_comes_first() -> None:
    film = past(PLAIN_CT, -24, procedure_code="70030", duration_minutes=10)
    found = exam_findings("MR-03", screened(metal_eye_injury=True, exams=(film,)), PLAIN_MR)
    (order,) = (one for one in found if isinstance(one, Sequence))
    assert (order.after, order.before) == (NOW, film.starts_at + timedelta(minutes=10))
    assert effects("MR-03", screened(exams=(film,)), PLAIN_MR) == []


@pytest.mark.parametrize("first", [False, True])
def test_mr_03_the_form_is_wanted_before_booking_where_the_department_says_so(
    *, first: bool
) -> None:
    thresholds = replace(THRESHOLDS, mr_form_before_booking=first)
    (hold,) = of_rule("MR-03", evaluate_exam(MAN, PLAIN_MR, thresholds, NOW))
    assert isinstance(hold, Hold)
    assert (hold.fact, hold.before_booking) == ("mr_screening", first)


def test_mr_03_as_shipped_the_exam_is_booked_before_its_form_is_filled() -> None:
    (hold,) = exam_findings("MR-03", MAN, PLAIN_MR)
    assert isinstance(hold, Hold)
    assert not hold.before_booking


@pytest.mark.parametrize(
    ("parts", "expected"),
    [(("BRAIN",), ["Block"]), (("brain", "NECK"), ["Block"]), (("CHEST",), []), ((), [])],
)
def test_mr_02_zone_of_the_label(parts: tuple[str, ...], expected: list[str]) -> None:
    device = implant(CONDITIONAL, 1.5, 3.0, card_seen=True, excluded_parts=parts)
    assert effects("MR-02", implanted(device), PLAIN_MR) == expected


# A bore of 60 cm has a circumference of 188.5 cm, one of 70 cm 219.9 cm; 30 cm are kept free.
@pytest.mark.parametrize(
    ("girth", "bore", "expected"),
    [
        (158.4, 60, []),
        (158.6, 60, ["Block"]),
        (189.9, 70, []),
        (190, 70, ["Block"]),
        (None, 60, []),
        (200.0, None, []),
    ],
)
def test_mr_05_girth_and_bore(girth: float | None, bore: int | None, expected: list[str]) -> None:
    scanner = room("MR01", bore_cm=bore)
    assert room_effects("MR-05", replace(MAN, girth_cm=girth), PLAIN_MR, scanner) == expected
    assert room_effects("MR-05", replace(MAN, girth_cm=girth), PLAIN_CT, scanner) == []


# HRS 2017: monitored, with cardiology, at 1.5 T unless the device is labelled otherwise.
@pytest.mark.parametrize(
    ("device", "capabilities"),
    [
        (implant(CONDITIONAL, 1.5, cardiac=True), ["monitoring", "1.5T"]),
        (implant(CONDITIONAL, 1.5, 3.0, cardiac=True), ["monitoring", "1.5T"]),
        (implant(CONDITIONAL, 3.0, cardiac=True), ["monitoring"]),
        (implant(UNKNOWN, cardiac=True), ["monitoring", "1.5T"]),
        (implant(SAFE, cardiac=True), []),
        (implant(CONDITIONAL, 1.5), []),
    ],
)
def test_mr_04_cardiac_device(device: Implant, capabilities: list[str]) -> None:
    found = exam_findings("MR-04", implanted(device), PLAIN_MR)
    assert [one.capability for one in found if isinstance(one, RequireCapability)] == capabilities
    assert len([one for one in found if isinstance(one, Hold)]) == bool(capabilities)
    assert effects("MR-04", implanted(device), PLAIN_CT) == []


@pytest.mark.parametrize(("weight", "expected"), [(150.0, []), (150.1, ["Prefer"]), (None, [])])
def test_mr_05_wide_bore(weight: float | None, expected: list[str]) -> None:
    assert effects("MR-05", screened(weight_kg=weight), PLAIN_MR) == expected
    assert effects("MR-05", screened(weight_kg=weight), PLAIN_CT) == []


@pytest.mark.parametrize(("weight", "expected"), [(200.0, []), (200.1, ["Block"]), (None, [])])
def test_mr_05_table_limit(weight: float | None, expected: list[str]) -> None:
    scanner = room("MR01", table_limit_kg=200.0)
    assert room_effects("MR-05", screened(weight_kg=weight), PLAIN_MR, scanner) == expected


def test_mr_06_claustrophobia() -> None:
    patient = screened(conditions=frozenset({"claustrophobia"}))
    found = exam_findings("MR-06", patient, PLAIN_MR)
    assert [(one.part, one.minutes) for one in found if isinstance(one, Extend)] == [
        (ExtendedPart.ROOM, 15)
    ]
    assert effects("MR-06", patient, PLAIN_MR) == ["Prefer", "Extend", "Warn"]
    assert effects("MR-06", patient, replace(PLAIN_MR, needs_sedation=True)) == ["Prefer", "Extend"]
    assert effects("MR-06", patient, PLAIN_CT) == []


# First trimester: up to 13 completed weeks.
@pytest.mark.parametrize(
    ("weeks", "days_ago", "expected"),
    [
        (13, 0, ["Hold"]),
        (14, 0, ["Warn"]),
        (13, 6, ["Hold"]),
        (13, 7, ["Warn"]),
        (None, 0, ["Hold"]),
    ],
)
def test_mr_07_pregnancy(weeks: int | None, days_ago: float, expected: list[str]) -> None:
    assert effects("MR-07", expecting(weeks, days_ago), PLAIN_MR) == expected


@pytest.mark.parametrize("exam", [PLAIN_MR, PLAIN_CT])
def test_mr_08_sedation(exam: ExamFacts) -> None:  # ASA 2017: 2, 6 and 8 hours
    patient = screened(needs=frozenset({"sedation"}))
    found = exam_findings("MR-08", patient, exam)
    assert [
        (one.part, one.minutes, one.resource_kind) for one in found if isinstance(one, Extend)
    ] == [(ExtendedPart.ROOM, 20, None), (ExtendedPart.AFTER, 60, "recovery_bay")]
    assert effects("MR-08", patient, exam)[:2] == ["RequireCapability", "RequireResource"]
    assert "until 2 hours, a light meal until 6, a full meal until 8" in found[-1].text
    assert effects("MR-08", MAN, replace(exam, needs_sedation=True)) != []
    assert effects("MR-08", MAN, exam) == []
