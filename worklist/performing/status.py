"""An exam's status as a function of all its performed steps and of what a person last said."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from worklist.orders.status import ALLOWED, StepStatus
from worklist.performing.models import PerformedStatus

_AS_PERFORMED = {
    StepStatus.STARTED: PerformedStatus.IN_PROGRESS,
    StepStatus.COMPLETED: PerformedStatus.COMPLETED,
    StepStatus.DISCONTINUED: PerformedStatus.DISCONTINUED,
}
# A scanner reports what has happened: it may pass through these on the way to the truth.
_PASSED_THROUGH = frozenset({StepStatus.UNSCHEDULED, StepStatus.STARTED})


@dataclass(frozen=True, slots=True)
class Reported:
    """One performed procedure step: its status, and when it was first reported."""

    status: PerformedStatus
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person said: STARTED, COMPLETED or DISCONTINUED, and when."""

    status: StepStatus
    made_at: datetime


def exam_status(
    reported: Iterable[Reported], mark: Mark | None, *, has_images: bool = False
) -> StepStatus | None:
    """Return the exam's status, None where nobody has said anything yet.

    One step in progress means STARTED; otherwise one completed step means COMPLETED; otherwise
    all were discontinued. A person's COMPLETED or DISCONTINUED stands for every step that began
    before it, so that a scanner that forgets its last report cannot hold an exam open; a person's
    STARTED holds until a scanner begins a step of its own. That the images are available means
    COMPLETED where no scanner has reported anything and nobody has said how the exam ended.
    """
    steps = list(reported)
    states = {step.status for step in steps}
    if mark is not None:
        later = {step.status for step in steps if step.received_at > mark.made_at}
        if mark.status is not StepStatus.STARTED or not later:
            states = later | {_AS_PERFORMED[mark.status]}
    if has_images and not steps and (mark is None or mark.status is StepStatus.STARTED):
        return StepStatus.COMPLETED
    if not states:
        return None
    if PerformedStatus.IN_PROGRESS in states:
        return StepStatus.STARTED
    if PerformedStatus.COMPLETED in states:
        return StepStatus.COMPLETED
    return StepStatus.DISCONTINUED


def path(present: StepStatus, wanted: StepStatus) -> list[StepStatus]:
    """Return the statuses to go through from ``present`` to ``wanted``, which comes last.

    What a scanner did is done, also to an exam that was cancelled or finished already: the way
    then leads through UNSCHEDULED or STARTED. Empty where they are the same.

    Raises:
        ValueError: no way leads there.
    """
    ways: deque[tuple[StepStatus, ...]] = deque([(present,)])
    while ways:
        way = ways.popleft()
        if way[-1] is wanted:
            return list(way[1:])
        ways.extend(
            (*way, following)
            for following in sorted(ALLOWED[way[-1]])
            if following not in way and (following is wanted or following in _PASSED_THROUGH)
        )
    raise ValueError(f"no way from {present} to {wanted}")
