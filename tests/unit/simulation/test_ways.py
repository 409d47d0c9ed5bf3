"""What a simulated department does: keeps time, moves for STAT, offers what is freed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import worklist.tables  # noqa: F401 - procedures refer to every table
from tests.support.one_scanner import one_scanner
from worklist.rules.facts import PatientFacts, RenalFunction
from worklist.rules.parameters import shipped, with_changes
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.simulation import demand as demand_stream
from worklist.simulation.demand import Demand, Parameters
from worklist.simulation.department import Department
from worklist.simulation.placing import Placing
from worklist.simulation.play import Play, Ways
from worklist.simulation.played import Played
from worklist.vocabulary import ContrastRoute, PatientClass, Priority

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
EIGHT = MONDAY + timedelta(hours=8)
SURE = Parameters(accepts=1.0, answers_within=(10, 10), breakdown_days=1e5)

_DEPARTMENT = one_scanner("days = [1, 2, 3, 4, 5], opens = 08:00:00, closes = 10:00:00")


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """One CT, open on weekdays from eight to ten; an exam takes an hour."""
    path = tmp_path / "department.toml"
    path.write_text(_DEPARTMENT)
    return path


def with_more(catalogue: Path, more: str) -> Department:
    catalogue.write_text(_DEPARTMENT + more)
    return Department([catalogue])


def demand(
    department: Department,
    number: int,
    priority: Priority,
    *,
    patient_class: PatientClass = PatientClass.INPATIENT,
    ordered_at: datetime = EIGHT,
    cancels: bool = False,
    **more: Any,
) -> Demand:
    return Demand(
        number=number,
        ordered_at=ordered_at,
        procedure=department.procedures["CT1"],
        priority=priority,
        patient_class=patient_class,
        patient=PatientFacts(renal_function=RenalFunction(egfr=90, observed_at=ordered_at)),
        comes=True,
        cancels=cancels,
        late_minutes=0,
        true_share=1.0,
        **more,
    )


def play(
    department: Department, orders: Iterable[Demand], ways: Ways, policy: Policy | None = None
) -> list[Played]:
    run = Play(
        department,
        policy or Policy(),
        SURE,
        ways=ways,
        thresholds=shipped(),
        seed=1,
        name="test",
    )
    window = Interval(MONDAY, MONDAY + timedelta(days=21))
    return list(run.run(list(orders), window, staffed=timedelta(days=7)).played)


def begins(played: Played) -> str:
    return f"{played.began:%a %H:%M}" if played.began else "never"


def test_time_kept_for_others_is_not_taken_until_it_is_released(catalogue: Path) -> None:
    block = """
[[weekly_blocks]]
resource = "CT01"
days = [1, 2, 3, 4, 5]
starts = 08:00:00
ends = 09:00:00
purpose = "E"
release_hours = 2
"""
    department = with_more(catalogue, block)
    sunday = MONDAY - timedelta(days=1)
    early = [demand(department, 1, Priority.URGENT, ordered_at=sunday)]
    assert begins(*play(department, early, Ways())) == "Mon 09:00"
    emergency = demand(
        department, 2, Priority.URGENT, patient_class=PatientClass.EMERGENCY, ordered_at=sunday
    )
    assert begins(*play(with_more(catalogue, block), [emergency], Ways())) == "Mon 08:00"
    late = demand(department, 3, Priority.URGENT, ordered_at=EIGHT - timedelta(hours=1))
    assert begins(*play(with_more(catalogue, block), [late], Ways())) == "Mon 08:00"


def test_closures_and_holidays_of_the_catalogue_hold(catalogue: Path) -> None:
    shut = """
[[closures]]
resource = "CT01"
starts = 2026-01-05T00:00:00Z
ends = 2026-01-06T00:00:00Z
reason = "Service"

[[holidays]]
site = "MAIN"
day = 2026-01-06
name = "Epiphany"
"""
    department = with_more(catalogue, shut)
    orders = [demand(department, 1, Priority.URGENT)]
    assert begins(*play(department, orders, Ways())) == "Wed 08:00"


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        (True, ["Tue 08:00", "Mon 09:00", "Mon 08:00"]),
        (False, ["Mon 08:00", "Mon 09:00", "Tue 08:00"]),
    ],
)
def test_a_stat_exam_gets_the_slot_of_a_less_urgent_one(
    catalogue: Path, *, moves: bool, expected: list[str]
) -> None:
    """The routine exam goes; the urgent one and its time stay."""
    department = Department([catalogue])
    sunday = MONDAY - timedelta(days=1)
    orders = [
        demand(department, 1, Priority.ROUTINE, ordered_at=sunday),
        demand(department, 2, Priority.URGENT, ordered_at=sunday),
        demand(department, 3, Priority.STAT, ordered_at=EIGHT - timedelta(minutes=30)),
    ]
    played = play(department, orders, Ways(moves_for_stat=moves))
    assert [begins(one) for one in played] == expected
    assert [one.times_displaced for one in played] == [int(moves), 0, 0]


@pytest.mark.parametrize(("waits", "expected"), [(True, "Tue 08:00"), (False, "Wed 08:00")])
def test_a_freed_slot_is_offered_to_who_was_placed_too_late(
    catalogue: Path, *, waits: bool, expected: str
) -> None:
    department = Department([catalogue])
    sunday = MONDAY - timedelta(days=1)
    outpatient = PatientClass.OUTPATIENT
    first = [demand(department, n, Priority.URGENT, ordered_at=sunday) for n in range(3)]
    leaves = demand(
        department,
        3,
        Priority.URGENT,
        patient_class=outpatient,
        ordered_at=sunday,
        cancels=True,
    )
    late = demand(department, 4, Priority.URGENT, ordered_at=sunday)
    played = play(department, [*first[:2], leaves, first[2], late], Ways(waiting_list=waits))
    assert [begins(one) for one in played[:2]] == ["Mon 08:00", "Mon 09:00"]
    assert played[2].cancelled
    assert begins(played[4]) == expected


@pytest.mark.parametrize(("egfr_low", "minutes_before"), [(30.0, 0), (60.0, 30)])
def test_rules_judge_by_the_thresholds_given(
    catalogue: Path, *, egfr_low: float, minutes_before: int
) -> None:
    department = with_more(catalogue, 'contrast = "iodinated"\n')
    department.procedures["CT1"].contrast_route = ContrastRoute.INTRAVENOUS
    ordered = demand(department, 1, Priority.URGENT)
    patient = PatientFacts(renal_function=RenalFunction(egfr=50, observed_at=EIGHT))
    known = Played(replace(ordered, patient=patient), EIGHT)
    thresholds = with_changes({"egfr_low": egfr_low, "hydration_minutes": 30})
    placing = Placing(department, Policy(), thresholds, fixed_rooms=False)
    assessment, _ = placing.best(known, EIGHT)
    assert assessment.plan.minutes_before == minutes_before


@pytest.mark.parametrize(("nightly", "at"), [(False, "Tue 09:00"), (True, "Tue 08:30")])
def test_the_nightly_plan_fills_what_was_given_back(
    catalogue: Path, *, nightly: bool, at: str
) -> None:
    """Nobody offered the hour that became free by day. By the costs of a change half an hour less
    is worth most: 6 units of waiting at 30, less 50 for moving an inpatient that far; the whole
    hour is 12 at 30 less 250.
    """
    department = with_more(catalogue, "")
    noon = MONDAY + timedelta(hours=12)
    cancelled = demand(department, 1, Priority.ROUTINE, ordered_at=noon, cancels=True)
    urgent = demand(department, 2, Priority.URGENT, ordered_at=noon)
    ways = Ways(waiting_list=False, nightly_replan=nightly)
    _, played = play(department, [cancelled, urgent], ways, UNKEPT)
    assert begins(played) == at
    assert played.times_replanned == nightly


def test_who_prefers_a_site_goes_there_where_it_costs_little(catalogue: Path) -> None:
    department = with_more(catalogue, _SECOND_SITE)
    outpatient = PatientClass.OUTPATIENT
    anywhere, there = play(
        department,
        [
            demand(department, 1, Priority.ROUTINE, patient_class=outpatient),
            demand(department, 2, Priority.ROUTINE, patient_class=outpatient, site="WEST"),
        ],
        Ways(),
    )
    assert anywhere.slot is not None
    assert there.slot is not None
    assert there.slot.room_code == "CT02"


def test_two_exams_of_one_patient_come_on_one_day_one_after_the_other(catalogue: Path) -> None:
    department = with_more(catalogue, "")
    outpatient = PatientClass.OUTPATIENT
    first, second = play(
        department,
        [
            demand(department, 1, Priority.ROUTINE, patient_class=outpatient),
            demand(department, 2, Priority.ROUTINE, patient_class=outpatient, with_order=1),
        ],
        Ways(),
        UNKEPT,
    )
    assert first.slot is not None
    assert second.slot is not None
    assert first.slot.starts_at.date() == second.slot.starts_at.date()
    assert (
        first.slot.ends_at <= second.slot.starts_at or second.slot.ends_at <= first.slot.starts_at
    )


def test_orders_bring_second_exams_and_favourite_sites_by_their_shares(catalogue: Path) -> None:
    department = with_more(catalogue, _SECOND_SITE)
    several = Parameters(several_exams=0.5, prefers_site=0.5, modalities={"CT": 1, "US": 1})
    made = list(
        demand_stream.orders(
            list(department.procedures.values()),
            several,
            start=MONDAY,
            days=5,
            zone=department.zone,
            seed=1,
            sites=list(department.sites),
        )
    )
    outpatients = [one for one in made if one.patient_class is PatientClass.OUTPATIENT]
    first = [one for one in outpatients if one.with_order is None]
    second = [one for one in outpatients if one.with_order is not None]
    by_number = {one.number: one for one in first}
    assert len(made) / 5 == pytest.approx(250, rel=0.1)
    assert len(second) / len(first) == pytest.approx(0.5, abs=0.1)
    assert sum(one.site is not None for one in first) / len(first) == pytest.approx(0.5, abs=0.1)
    for one in second:
        other = by_number[one.with_order or 0]
        assert one.patient_number == other.number
        assert one.patient == other.patient
        assert one.procedure.modality != other.procedure.modality


_SECOND_SITE = """
[[sites]]
code = "WEST"
name = "West"
time_zone = "UTC"

[[rooms]]
code = "CT02"
name = "CT 2"
site = "WEST"
modalities = ["CT"]
capabilities = ["shielded"]
hours = "day"

[[rooms]]
code = "US01"
name = "US 1"
site = "WEST"
modalities = ["US"]
capabilities = []
hours = "day"

[[procedures]]
code = "US1"
name = "US"
modality = "US"
body_part = "NECK"
minutes = 30
ionising = false
"""
UNKEPT = Policy()
