"""What is now, next, later and done in a room, what is late, and in which words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.web.rooms.lanes import Alert, alert, lanes, minutes_late

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def at(minutes: int) -> datetime:
    """Return a time so many minutes after now."""
    return NOW + timedelta(minutes=minutes)


def exam(
    number: int, status: StepStatus, start: int, *, minutes: int = 20, **fields: Any
) -> ScheduledProcedureStep:
    values = {"status_changed_at": NOW, "arrived_at": None, "started_at": None} | fields
    return ScheduledProcedureStep(
        id=number, status=status, starts_at=at(start), ends_at=at(start + minutes), **values
    )


def numbers(exams: list[ScheduledProcedureStep]) -> list[int]:
    return [one.id for one in exams]


def test_a_room_is_sorted_into_lanes() -> None:
    day = lanes(
        [
            exam(7, StepStatus.SCHEDULED, 60),
            exam(6, StepStatus.SCHEDULED, 40),
            exam(5, StepStatus.READY, 20),
            exam(4, StepStatus.ARRIVED, 10),
            exam(3, StepStatus.STARTED, -10),
            exam(2, StepStatus.DISCONTINUED, -30),
            exam(1, StepStatus.COMPLETED, -60),
        ]
    )
    assert numbers(day.now) == [3]
    assert numbers(day.next) == [5, 4]  # the ready one first
    assert numbers(day.later) == [6, 7]
    assert numbers(day.done) == [1, 2]
    assert day.waiting == 2


def test_where_nobody_is_here_the_first_who_is_expected_is_next() -> None:
    day = lanes([exam(2, StepStatus.SCHEDULED, 40), exam(1, StepStatus.SCHEDULED, 10)])
    assert (numbers(day.next), numbers(day.later), day.waiting) == ([1], [2], 0)


@pytest.mark.parametrize(
    ("exams", "late"),
    [
        ([], 0),
        # Of the day before, begun two minutes ago: it has its own twenty minutes.
        ([exam(1, StepStatus.STARTED, -600, started_at=at(-2))], 0),
        ([exam(1, StepStatus.STARTED, -600, started_at=at(-27))], 7),
        ([exam(1, StepStatus.STARTED, -15)], 0),
        ([exam(1, StepStatus.STARTED, -32)], 12),  # should have ended 12 minutes ago
        ([exam(1, StepStatus.READY, -7)], 7),
        ([exam(1, StepStatus.SCHEDULED, -30)], 0),  # the patient is late, not the room
        ([exam(1, StepStatus.STARTED, -25), exam(2, StepStatus.ARRIVED, -18)], 18),
    ],
)
def test_how_late_a_room_is(exams: list[ScheduledProcedureStep], late: int) -> None:
    assert minutes_late(exams, NOW) == late


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (exam(1, StepStatus.SCHEDULED, 1), None),
        (exam(1, StepStatus.SCHEDULED, -9), Alert("soon", "not here yet")),
        (exam(1, StepStatus.SCHEDULED, -10), Alert("late", "not here, 10 min after the time")),
        (exam(1, StepStatus.ARRIVED, 10, arrived_at=at(-19)), None),
        (exam(1, StepStatus.ARRIVED, 10, arrived_at=at(-20)), Alert("soon", "waits for 20 min")),
        (exam(1, StepStatus.READY, 10, arrived_at=at(-45)), Alert("late", "waits for 45 min")),
        (exam(1, StepStatus.READY, -10, arrived_at=at(-5)), Alert("late", "10 min after the time")),
        (exam(1, StepStatus.STARTED, -5, started_at=at(-20)), None),
        (
            exam(1, StepStatus.STARTED, -5, started_at=at(-29)),
            Alert("soon", "9 min longer than planned"),
        ),
        (
            exam(1, StepStatus.STARTED, -5, started_at=at(-30)),
            Alert("late", "10 min longer than planned"),
        ),
        (exam(1, StepStatus.COMPLETED, -60, started_at=at(-60)), None),
    ],
)
def test_what_is_worth_a_look(one: ScheduledProcedureStep, expected: Alert | None) -> None:
    assert alert(one, NOW) == expected


@pytest.mark.parametrize(("later", "level"), [(10, "soon"), (19, "soon"), (20, "late")])
def test_an_exam_that_a_late_one_pushes_is_told(later: int, level: str) -> None:
    pushed = exam(1, StepStatus.ARRIVED, 30)
    told = alert(pushed, NOW, {1: at(30 + later)})
    assert told == Alert(level, f"begins about {later} min later")
    assert alert(pushed, NOW, {2: at(60)}) is None
