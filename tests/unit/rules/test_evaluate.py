"""Properties of the rules as a whole, over facts of every kind."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.cases import THRESHOLDS
from worklist.rules.evaluate import EXAM_RULES, ROOM_RULES, evaluate_exam, evaluate_room
from worklist.rules.facts import (
    ContrastReaction,
    ExamFacts,
    Implant,
    ImplantSafety,
    Measurement,
    PastExam,
    PatientFacts,
    Pregnancy,
    RenalFunction,
    RoomFacts,
    Severity,
    Treatment,
)
from worklist.rules.findings import (
    Avoid,
    Block,
    DailyWindows,
    Delay,
    Extend,
    Finding,
    Hold,
    RequireResource,
    Role,
    values,
)
from worklist.rules.parameters import Parameter, parameters, with_changes
from worklist.rules.rule import Rule
from worklist.rules.serialise import EFFECTS, effect_of, essence, to_json
from worklist.rules.thresholds import Thresholds
from worklist.vocabulary import Contrast, ContrastRoute

moments = st.datetimes(
    min_value=datetime(2016, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2036, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)
modalities = st.sampled_from(["CT", "MR", "DX", "CR", "US", "MG", "NM", "PT", "XA", "RF", "OT"])
body_parts = st.sampled_from(["CHEST", "ABDOMEN", "PELVIS", "THYROID", "ORBIT", ""])
capabilities = st.frozensets(
    st.sampled_from(["shielded", "isotope_licence", "1.5T", "3T", "wide_bore", "paediatric"])
)
tesla = st.sampled_from([0.55, 1.5, 3.0])
figures = st.floats(min_value=0.1, max_value=500)
answers = st.none() | st.booleans()
bleeding_risks = st.sampled_from([None, "low", "high"])


def words(*known: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(known))


past_exams = st.builds(
    PastExam,
    procedure_code=st.sampled_from(["71260", "77067", "70030"]),
    modality=modalities,
    body_part=body_parts,
    contrast=st.sampled_from(Contrast),
    starts_at=moments,
    dose_msv=st.floats(min_value=0, max_value=120),
    laterality=st.sampled_from([None, "L", "R", "B", ""]),
    duration_minutes=st.integers(min_value=5, max_value=240),
    bleeding_risk=bleeding_risks,
)
measurements = st.none() | st.builds(Measurement, number=figures, observed_at=moments)
patients = st.builds(
    PatientFacts,
    birth_date=st.none() | st.dates(min_value=date(1906, 1, 1), max_value=date(2036, 1, 1)),
    sex=st.sampled_from([None, "F", "M", "O", "U"]),
    weight_kg=st.none() | figures,
    renal_function=st.none() | st.builds(RenalFunction, egfr=figures, observed_at=moments),
    acute_kidney_injury=answers,
    dialysis=answers,
    reactions=st.lists(
        st.builds(
            ContrastReaction,
            agent=st.sampled_from(["iodinated", "gadolinium"]),
            severity=st.sampled_from(Severity),
        ),
        max_size=3,
    ).map(tuple),
    implants=st.lists(
        st.builds(
            Implant,
            name=st.text(min_size=1, max_size=8),
            safety=st.sampled_from(ImplantSafety),
            conditional_tesla=st.lists(tesla, max_size=2).map(tuple),
            excluded_parts=st.lists(body_parts, max_size=2).map(tuple),
            cardiac=st.booleans(),
            card_seen=st.booleans(),
        ),
        max_size=3,
        unique_by=lambda one: one.name,
    ).map(tuple),
    mr_screened_at=st.none() | moments,
    metal_eye_injury=answers,
    pregnancy=st.none()
    | st.builds(
        Pregnancy,
        pregnant=st.booleans(),
        observed_at=moments,
        weeks=st.none() | st.integers(min_value=0, max_value=45),
    ),
    girth_cm=st.none() | figures,
    last_period_at=st.none() | moments,
    inr=measurements,
    platelets=measurements,
    treatments=st.lists(
        st.builds(
            Treatment,
            name=st.sampled_from(["g_csf", "chemotherapy", "radiotherapy", "surgery"]),
            last_at=moments,
        ),
        max_size=2,
    ).map(tuple),
    no_shows=st.integers(min_value=0, max_value=5),
    glucose_mg_dl=st.none() | figures,
    conditions=words(
        "diabetes", "hypertension", "hyperthyroidism", "claustrophobia", "breastfeeding"
    ),
    medications=words("metformin", "anticoagulant"),
    needs=words("wheelchair", "interpreter", "bed", "sedation"),
    isolation=st.sampled_from([None, "airborne", "contact", "droplet", "", "other"]),
    exams=st.lists(past_exams, max_size=3).map(tuple),
)
exams = st.builds(
    ExamFacts,
    procedure_code=st.sampled_from(["71260", "77067", "70553"]),
    modality=modalities,
    body_part=body_parts,
    contrast=st.sampled_from(Contrast),
    contrast_route=st.sampled_from(ContrastRoute),
    ionising=st.booleans(),
    irradiates_pelvis=st.booleans(),
    dose_msv=st.floats(min_value=0, max_value=100),
    duration_minutes=st.integers(min_value=5, max_value=240),
    priority=st.sampled_from(["STAT", "URGENT", "ASAP", "ROUTINE"]),
    patient_class=st.sampled_from(["I", "E", "O"]),
    ordered_at=moments,
    screening=st.booleans(),
    radiopharmaceutical=st.sampled_from([None, "F-18 FDG", "Tc-99m MDP", "I-131 iodide", ""]),
    needs_sedation=st.booleans(),
    power_injection=st.booleans(),
    first_pass_renal=st.booleans(),
    premedication_started_at=st.none() | moments,
    oral_contrast=st.booleans(),
    uptake_minutes=st.sampled_from([0, 60, 180]),
    bleeding_risk=bleeding_risks,
)
rooms = st.builds(
    RoomFacts,
    code=st.just("R1"),
    modalities=st.just(frozenset()),
    capabilities=capabilities,
    table_limit_kg=st.none() | figures,
    bore_cm=st.sampled_from([None, 60, 70]),
    field_strength_tesla=st.none() | tesla,
)


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


def own_value(parameter: Parameter) -> st.SearchStrategy[Any]:
    """A value that a department may choose: a number at either bound or between, a choice."""
    value, least, most = parameter.value, parameter.least, parameter.most
    if isinstance(value, bool):
        return st.booleans()
    if least is None or most is None or not isinstance(value, int | float):
        return st.just(value)
    if isinstance(value, int):
        return st.integers(min_value=int(least), max_value=int(most))
    return st.floats(min_value=least, max_value=most)


departments = st.fixed_dictionaries(
    {name: own_value(one) for name, one in parameters().items()}
).map(with_changes)


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


def test_every_effect_has_a_name() -> None:
    # By name: a dataclass with slots leaves the class it was made from among the subclasses.
    effects = {kind.__name__ for kind in (*Finding.__subclasses__(), *Avoid.__subclasses__())}
    assert sorted(kind.__name__ for kind in EFFECTS.values()) == sorted(effects)


def test_a_hold_as_json() -> None:
    hold = Hold(
        rule="IC-01",
        text="A text.",
        source="A source",
        role=Role.FRONT_DESK,
        question="Which?",
        fact="egfr",
        found=values("egfr", 28.0, datetime(2026, 11, 2, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))),
    )
    assert to_json(hold) == {
        "effect": "hold",
        "rule": "IC-01",
        "text": "A text.",
        "source": "A source",
        "found": ["egfr", "28.0", "2026-11-02T08:00:00+00:00"],
        "role": "front_desk",
        "question": "Which?",
        "fact": "egfr",
        "subject": "",
        "instead": None,
        "before_booking": True,
    }
    assert effect_of(hold) == "hold"


def test_findings_are_the_same_by_what_was_found_not_by_their_words() -> None:
    hold = Hold(
        rule="IC-02",
        text="Renal function is 28; the limit is 30.",
        source="A source",
        role=Role.RADIOLOGIST,
        question="May contrast be given?",
        found=values("egfr", 28),
    )
    said = essence(to_json(hold))
    reworded = replace(hold, text="Die Nieren: 28.", question="Darf es sein?", source="Other")
    assert essence(json.loads(json.dumps(to_json(reworded)))) == said
    assert essence(to_json(replace(hold, subject="stent", instead="creatinine"))) == said
    assert essence(to_json(replace(hold, found=values("egfr", 12)))) != said
    assert essence(to_json(replace(hold, role=Role.FRONT_DESK))) != said
    assert essence(to_json(replace(hold, rule="IC-03"))) != said


def test_daily_windows_as_json() -> None:
    windows = DailyWindows(
        rule="NM-02", text="A text.", source="A source", windows=((time(7, 30), time(9, 15)),)
    )
    content = json.loads(json.dumps(to_json(windows)))
    assert content["windows"] == [["07:30:00", "09:15:00"]]
