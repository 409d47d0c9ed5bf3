"""The state machine of a scheduled procedure step, and the order's state as a function of it."""

from collections.abc import Iterable
from enum import StrEnum

from worklist.language.text import _


class StepStatus(StrEnum):
    """Scheduled Procedure Step Status (DICOM PS3.3 C.4.10), plus three of our own.

    UNSCHEDULED has no slot yet, HELD waits for a person's answer, NO_SHOW did not come.
    """

    UNSCHEDULED = "UNSCHEDULED"
    HELD = "HELD"
    SCHEDULED = "SCHEDULED"
    ARRIVED = "ARRIVED"
    READY = "READY"
    STARTED = "STARTED"
    DEPARTED = "DEPARTED"
    COMPLETED = "COMPLETED"
    DISCONTINUED = "DISCONTINUED"
    CANCELED = "CANCELED"
    NO_SHOW = "NO_SHOW"


class OrderStatus(StrEnum):
    """State of an imaging service request, read from its steps."""

    PENDING = "pending"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELED = "canceled"
    DISCONTINUED = "discontinued"


UNPLACED = frozenset({StepStatus.UNSCHEDULED, StepStatus.HELD})
WITH_SLOT = frozenset({StepStatus.SCHEDULED, StepStatus.ARRIVED, StepStatus.READY})
UNDER_WAY = frozenset({StepStatus.STARTED, StepStatus.DEPARTED})
FINAL = frozenset(
    {StepStatus.COMPLETED, StepStatus.DISCONTINUED, StepStatus.CANCELED, StepStatus.NO_SHOW}
)

_S = StepStatus
ALLOWED: dict[StepStatus, frozenset[StepStatus]] = {
    _S.UNSCHEDULED: frozenset({_S.HELD, _S.SCHEDULED, _S.STARTED, _S.CANCELED, _S.COMPLETED}),
    _S.HELD: frozenset({_S.UNSCHEDULED, _S.SCHEDULED, _S.STARTED, _S.CANCELED, _S.COMPLETED}),
    _S.SCHEDULED: frozenset(
        {
            _S.UNSCHEDULED,
            _S.HELD,
            _S.ARRIVED,
            _S.READY,
            _S.STARTED,
            _S.COMPLETED,
            _S.CANCELED,
            _S.NO_SHOW,
        }
    ),
    _S.ARRIVED: frozenset(
        {_S.UNSCHEDULED, _S.SCHEDULED, _S.READY, _S.STARTED, _S.COMPLETED, _S.CANCELED, _S.NO_SHOW}
    ),
    _S.READY: frozenset(
        {_S.UNSCHEDULED, _S.ARRIVED, _S.STARTED, _S.COMPLETED, _S.CANCELED, _S.NO_SHOW}
    ),
    _S.STARTED: frozenset({_S.DEPARTED, _S.COMPLETED, _S.DISCONTINUED}),
    _S.DEPARTED: frozenset({_S.STARTED, _S.COMPLETED, _S.DISCONTINUED}),
    _S.COMPLETED: frozenset({_S.STARTED}),
    _S.DISCONTINUED: frozenset({_S.STARTED, _S.UNSCHEDULED}),
    _S.CANCELED: frozenset({_S.UNSCHEDULED}),
    _S.NO_SHOW: frozenset({_S.UNSCHEDULED, _S.ARRIVED}),
}


class IllegalTransitionError(Exception):
    """The exam cannot go from its present status to the one asked for."""

    def __init__(self, present: StepStatus, wanted: StepStatus) -> None:
        super().__init__(
            _(
                "An exam that is %(present)s cannot become %(wanted)s.",
                present=present,
                wanted=wanted,
            )
        )
        self.present = present
        self.wanted = wanted


def check_transition(present: StepStatus, wanted: StepStatus) -> None:
    """Raise IllegalTransitionError unless ``present`` may become ``wanted``."""
    if wanted not in ALLOWED[present]:
        raise IllegalTransitionError(present, wanted)


def order_status(steps: Iterable[StepStatus]) -> OrderStatus:
    """Return the order's state; an order is as far as its least advanced living step."""
    living = [step for step in steps if step is not StepStatus.CANCELED]
    if not living:
        return OrderStatus.CANCELED
    if any(step in UNDER_WAY for step in living):
        return OrderStatus.IN_PROGRESS
    if all(step in FINAL for step in living):
        if StepStatus.COMPLETED in living:
            return OrderStatus.COMPLETED
        return OrderStatus.DISCONTINUED
    if any(step in UNPLACED for step in living):
        return OrderStatus.PENDING
    return OrderStatus.SCHEDULED
