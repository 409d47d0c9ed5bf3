"""What a plan leaves alone: nights, time that is kept for urgent exams, patients' notice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import worklist.tables  # noqa: F401 - procedures refer to every table
from tests.support.one_scanner import one_scanner
from worklist.rules.facts import PatientFacts
from worklist.rules.parameters import shipped
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.scheduling.replanning import tasks
from worklist.scheduling.replanning.reserve import Reserve
from worklist.scheduling.replanning.tasks import Grid, Movable
from worklist.simulation.demand import Demand
from worklist.simulation.department import Department
from worklist.simulation.nightly import MemoryCalendars
from worklist.simulation.placing import Placing
from worklist.simulation.played import Played
from worklist.vocabulary import PatientClass, Priority

MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)
TWO = MIDNIGHT + timedelta(hours=2)
_ROUND_THE_CLOCK = one_scanner(
    "days = [0, 1, 2, 3, 4, 5, 6, 7], opens = 00:00:00, closes = 00:00:00"
)


@pytest.fixture
def department(tmp_path: Path) -> Department:
    """One CT that is open round the clock; an exam takes an hour."""
    path = tmp_path / "department.toml"
    path.write_text(_ROUND_THE_CLOCK)
    return Department([path])


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def booked(
    placing: Placing, department: Department, priority: Priority, hour: float, number: int = 1
) -> Played:
    demand = Demand(
        number=number,
        ordered_at=MIDNIGHT - timedelta(days=1),
        procedure=department.procedures["CT1"],
        priority=priority,
        patient_class=PatientClass.INPATIENT,
        patient=PatientFacts(),
        comes=True,
        cancels=False,
        late_minutes=0,
        true_share=1.0,
    )
    played = Played(demand, MIDNIGHT + timedelta(days=7))
    placing.expect(played)
    assert placing.book_at(played, department.rooms[0].id, at(hour), TWO)
    return played


def starts(department: Department, movable: list[Movable], which: Movable) -> list[str]:
    """Return from when to when an exam may start in the plan of a day, in steps of 5 minutes."""
    grid = Grid.of(Interval(TWO, MIDNIGHT + timedelta(days=1)))
    calendars = MemoryCalendars(department, grid, TWO)
    reserve = Reserve(movable, grid, calendars, TWO)
    (option,) = tasks.task(which, grid, calendars, reserve, now=TWO).options
    return [
        f"{grid.moment(first):%H:%M}-{grid.moment(end - 1):%H:%M}" for first, end in option.starts
    ]


def planned(
    department: Department, policy: Policy, *exams: tuple[Priority, float], leaves: bool = False
) -> list[str]:
    """Return when the first of some booked exams may start in a plan."""
    placing = Placing(department, policy, shipped(), fixed_rooms=False)
    played = [
        booked(placing, department, priority, hour, number)
        for number, (priority, hour) in enumerate(exams, start=1)
    ]
    movable = [replace(placing.as_movable(one, TWO), must_leave=leaves) for one in played]
    for one in played:
        placing.give_back(one)
    return starts(department, movable, movable[0])


@pytest.mark.parametrize(
    ("priority", "expected"),
    [
        (Priority.URGENT, "02:00-23:55"),
        (Priority.ASAP, "07:00-19:55"),
        (Priority.ROUTINE, "07:00-19:55"),
    ],
)
def test_a_plan_gives_nobody_a_time_at_night_whom_the_policy_gives_none(
    department: Department, priority: Priority, expected: str
) -> None:
    assert planned(department, Policy(), (priority, 12)) == [expected]


def test_who_has_a_time_at_night_may_keep_it(department: Department) -> None:
    found = planned(department, Policy(), (Priority.ROUTINE, 21))
    assert found == ["07:00-19:55", "21:00-21:00"]


# Stretches of four hours begin at midnight in the first room; of each, half is kept from ROUTINE.
KEPT = Policy(kept_hours=4, kept_free={Priority.ROUTINE: ((timedelta(hours=1), 0.5),)})


def test_time_that_is_kept_for_urgent_exams_is_no_place_of_a_plan(department: Department) -> None:
    found = planned(department, KEPT, (Priority.ROUTINE, 17))
    # The last two hours of every stretch that is free as a whole; of 16 to 20 the exam has one.
    assert found == ["08:00-09:00", "12:00-13:00", "16:00-17:00"]


def test_who_stays_keeps_the_turnover_after_the_exam(department: Department) -> None:
    department.rooms[0].turnover_minutes = 10
    found = planned(department, KEPT, (Priority.ROUTINE, 17), (Priority.ROUTINE, 18 + 1 / 6))
    assert found[-1] == "17:00-18:10"


def test_exams_may_take_each_others_time(department: Department) -> None:
    found = planned(department, KEPT, (Priority.ROUTINE, 17), (Priority.ROUTINE, 10))
    # Of 8 to 12 the two free hours before the other exam are kept; its own hour may be had.
    assert found == ["10:00-13:00", "16:00-17:00"]


def test_nothing_is_kept_from_who_must_leave(department: Department) -> None:
    found = planned(department, KEPT, (Priority.ROUTINE, 17), leaves=True)
    assert found == ["07:00-19:55"]


def test_who_comes_from_home_has_notice_of_a_new_time(department: Department) -> None:
    policy = Policy(notice=Policy().notice | {Priority.ASAP: timedelta(hours=9)})
    placing = Placing(department, policy, shipped(), fixed_rooms=False)
    played = booked(placing, department, Priority.ASAP, 15)
    played.demand = replace(played.demand, patient_class=PatientClass.OUTPATIENT)
    assert placing.as_movable(played, TWO).earliest == at(11)
