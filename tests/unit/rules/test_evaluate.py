"""Properties of the rules as a whole, over facts of every kind."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.cases import THRESHOLDS
from tests.unit.rules.strategies import (
    capabilities,
    departments,
    exams,
    figures,
    moments,
    patients,
    rooms,
)
from worklist.rules.evaluate import EXAM_RULES, ROOM_RULES, evaluate_exam, evaluate_room
from worklist.rules.facts import (
    ExamFacts,
    Implant,
    ImplantSafety,
    PatientFacts,
    RenalFunction,
    RoomFacts,
)
from worklist.rules.findings import (
    Avoid,
    Block,
    Delay,
    Extend,
    Finding,
    Hold,
    RequireResource,
    Role,
)
from worklist.rules.rule import Rule
from worklist.rules.serialise import to_json
from worklist.rules.thresholds import Thresholds


def room_blocks(patient: PatientFacts, exam: ExamFacts, room: RoomFacts) -> set[str]:
    found = evaluate_room(patient, exam, room, THRESHOLDS)
    return {one.rule for one in found if isinstance(one, Block)}


@given(patients, exams, rooms, moments)
def test_every_finding_can_be_read_and_kept(
    patient: PatientFacts, exam: ExamFacts, room: RoomFacts, now: datetime
) -> None:
    found = evaluate_exam(patient, exam, THRESHOLDS, now)
    found += evaluate_room(patient, exam, room, THRESHOLDS)
    for one in found:
        assert one.rule
        assert one.source
        assert one.text.endswith((".", "?"))
        assert json.loads(json.dumps(to_json(one))) == to_json(one)
        if isinstance(one, Delay):
            assert one.not_before > now
        if isinstance(one, Extend):
            assert one.minutes > 0


@given(patients, exams, moments)
def test_a_rule_asks_for_each_thing_once(
    patient: PatientFacts, exam: ExamFacts, now: datetime
) -> None:
    found = evaluate_exam(patient, exam, THRESHOLDS, now)
    holds = Counter((one.rule, one.fact, one.subject) for one in found if isinstance(one, Hold))
    assert all(count == 1 for count in holds.values())


@given(patients, exams, rooms, figures)
def test_more_weight_never_opens_a_room(
    patient: PatientFacts, exam: ExamFacts, room: RoomFacts, more: float
) -> None:
    heavier = replace(patient, weight_kg=(patient.weight_kg or 0) + more)
    assert room_blocks(patient, exam, room) <= room_blocks(heavier, exam, room)


@given(patients, exams, rooms, capabilities)
def test_more_capabilities_never_close_a_room(
    patient: PatientFacts, exam: ExamFacts, room: RoomFacts, more: frozenset[str]
) -> None:
    better = replace(room, capabilities=room.capabilities | more)
    assert room_blocks(patient, exam, better) <= room_blocks(patient, exam, room)


@given(patients, exams, moments)
def test_an_unsafe_implant_closes_every_mr_whatever_else_is_known(
    patient: PatientFacts, exam: ExamFacts, now: datetime
) -> None:
    clip = Implant(name="clip", safety=ImplantSafety.UNSAFE)
    patient = replace(patient, implants=(*patient.implants, clip))
    found = evaluate_exam(patient, replace(exam, modality="MR"), THRESHOLDS, now)
    assert any(isinstance(one, Block) and one.rule == "MR-01" for one in found)


@given(patients, exams, moments)
def test_an_emergency_is_never_held_for_what_the_desk_could_ask(
    patient: PatientFacts, exam: ExamFacts, now: datetime
) -> None:
    found = evaluate_exam(patient, replace(exam, priority="STAT"), THRESHOLDS, now)
    asked = {one.rule for one in found if isinstance(one, Hold) and one.role is Role.FRONT_DESK}
    assert asked <= {"RA-07"}


@given(patients, exams, moments, st.floats(min_value=0.1, max_value=500))
def test_worse_kidneys_never_need_less(
    patient: PatientFacts, exam: ExamFacts, now: datetime, less: float
) -> None:
    def stopped(egfr: float) -> bool:
        known = replace(patient, renal_function=RenalFunction(egfr=egfr, observed_at=now))
        found = evaluate_exam(known, exam, THRESHOLDS, now)
        kidney_rules = {"IC-01", "IC-02", "IC-03", "GD-01"}
        return any(one.rule in kidney_rules and isinstance(one, Hold | Block) for one in found)

    assert stopped(min(less, 60.0)) >= stopped(60.0)


@given(patients, exams, rooms, moments)
def test_a_rule_gives_only_what_the_catalogue_says_of_it(
    patient: PatientFacts, exam: ExamFacts, room: RoomFacts, now: datetime
) -> None:
    for rule in EXAM_RULES:
        check_declared(rule, rule.check(patient, exam, THRESHOLDS, now))
    for room_rule in ROOM_RULES:
        check_declared(room_rule, room_rule.check(patient, exam, room, THRESHOLDS))


def check_declared(rule: Rule, found: Iterable[Finding]) -> None:
    for one in found:
        assert one.rule == rule.id
        assert type(one) in rule.effects
        if isinstance(one, RequireResource) and one.on_duty:
            assert one.resource_kind in rule.on_duty
        assert set(one.source.split("; ")) <= set("; ".join(rule.sources).split("; "))


@given(patients, exams, rooms, moments)
def test_evaluation_is_total_and_says_the_same_again(
    patient: PatientFacts, exam: ExamFacts, room: RoomFacts, now: datetime
) -> None:
    first = evaluate_exam(patient, exam, THRESHOLDS, now)
    assert evaluate_exam(patient, exam, THRESHOLDS, now) == first
    judged = evaluate_room(patient, exam, room, THRESHOLDS)
    assert evaluate_room(patient, exam, room, THRESHOLDS) == judged


@given(patients, exams, rooms, moments, departments)
def test_evaluation_is_total_whatever_a_department_chooses(
    patient: PatientFacts,
    exam: ExamFacts,
    room: RoomFacts,
    now: datetime,
    department: Thresholds,
) -> None:
    found = evaluate_exam(patient, exam, department, now)
    found += evaluate_room(patient, exam, room, department)
    for one in found:
        if isinstance(one, Extend):
            assert one.minutes > 0
        if isinstance(one, Avoid):
            assert one.after < one.before


def test_the_whole_catalogue_is_there() -> None:
    expected = {
        *(f"IC-{number:02}" for number in range(1, 16)),
        *(f"GD-{number:02}" for number in range(1, 5)),
        *(f"RA-{number:02}" for number in range(1, 8)),
        *(f"MR-{number:02}" for number in range(1, 9)),
        *(f"NM-{number:02}" for number in range(1, 7)),
        *(f"PR-{number:02}" for number in range(1, 6)),
        *(f"SQ-{number:02}" for number in range(1, 5)),
        *(f"RM-{number:02}" for number in range(1, 5)),
        "AD-01",
    }
    rules = (*EXAM_RULES, *ROOM_RULES)
    assert {rule.id for rule in rules} == expected
    for rule in rules:
        assert rule.text.endswith(".")
        assert rule.effects
