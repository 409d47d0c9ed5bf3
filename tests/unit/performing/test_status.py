"""The status of an exam from all its performed steps and a person's mark."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from worklist.orders.status import ALLOWED, StepStatus
from worklist.performing.models import PerformedStatus
from worklist.performing.status import Mark, Reported, exam_status, path

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
IN_PROGRESS, COMPLETED, DISCONTINUED = PerformedStatus


def steps(*states: PerformedStatus, at: datetime = NOW) -> list[Reported]:
    return [Reported(state, at) for state in states]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((), None),
        ((IN_PROGRESS,), "STARTED"),
        ((COMPLETED,), "COMPLETED"),
        ((DISCONTINUED,), "DISCONTINUED"),
        ((COMPLETED, IN_PROGRESS), "STARTED"),
        ((DISCONTINUED, IN_PROGRESS), "STARTED"),
        ((COMPLETED, DISCONTINUED), "COMPLETED"),
        ((DISCONTINUED, COMPLETED), "COMPLETED"),
        ((DISCONTINUED, DISCONTINUED), "DISCONTINUED"),
    ],
)
def test_all_steps_count_not_the_last(
    states: tuple[PerformedStatus, ...], expected: str | None
) -> None:
    assert exam_status(steps(*states), None) == expected


def mark(status: StepStatus, minutes: int = 5) -> Mark:
    return Mark(status, NOW + timedelta(minutes=minutes))


def test_started_by_hand_holds_until_a_scanner_begins() -> None:
    started = mark(StepStatus.STARTED)
    assert exam_status([], started) is StepStatus.STARTED
    later = NOW + timedelta(minutes=10)
    assert exam_status(steps(COMPLETED, at=later), started) is StepStatus.COMPLETED


def test_resumed_by_hand_after_the_scanner_had_ended() -> None:
    assert exam_status(steps(COMPLETED), mark(StepStatus.STARTED)) is StepStatus.STARTED


def test_a_forgotten_step_does_not_hold_a_completed_exam_open() -> None:
    assert exam_status(steps(IN_PROGRESS), mark(StepStatus.COMPLETED)) is StepStatus.COMPLETED
    assert exam_status(steps(DISCONTINUED), mark(StepStatus.COMPLETED)) is StepStatus.COMPLETED


def test_a_new_step_after_completion_by_hand_opens_the_exam_again() -> None:
    later = steps(IN_PROGRESS, at=NOW + timedelta(minutes=9))
    assert exam_status(later, mark(StepStatus.COMPLETED)) is StepStatus.STARTED


def test_an_abandoned_second_step_leaves_a_completed_exam_completed() -> None:
    later = steps(DISCONTINUED, at=NOW + timedelta(minutes=9))
    assert exam_status(later, mark(StepStatus.COMPLETED)) is StepStatus.COMPLETED


@pytest.mark.parametrize("present", StepStatus)
@pytest.mark.parametrize(
    "wanted", [StepStatus.STARTED, StepStatus.COMPLETED, StepStatus.DISCONTINUED]
)
def test_what_a_scanner_did_can_be_reached_from_every_status(
    present: StepStatus, wanted: StepStatus
) -> None:
    way = [present, *path(present, wanted)]
    assert way[-1] is wanted
    assert all(after in ALLOWED[before] for before, after in pairwise(way))


def test_the_way_is_the_shortest() -> None:
    assert path(StepStatus.SCHEDULED, StepStatus.COMPLETED) == [StepStatus.COMPLETED]
    assert path(StepStatus.CANCELED, StepStatus.STARTED) == [
        StepStatus.UNSCHEDULED,
        StepStatus.STARTED,
    ]
    assert path(StepStatus.STARTED, StepStatus.STARTED) == []
