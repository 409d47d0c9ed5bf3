"""What a slot costs an exam, part by part, in minutes of waiting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.scheduling.slots import Slot
from worklist.vocabulary import Priority

_A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OtherExam:
    """Where and when the patient comes anyway."""

    site_id: int
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a slot's cost depends on besides the slot.

    Attributes:
        priority: The order's.
        ordered_at: When the order was placed: the target counts from then.
        earliest: When the exam could begin at the earliest: waiting counts from then.
        misfits: Units of misfit of each room by id.
        site_id: The site that the patient prefers or is at; None where any will do.
        day_part: Between which wall-clock times it may start; None where at any.
        others: The patient's other exams, where each means coming from outside.
        not_liked: Stretches in which a rule would rather not have the exam start.
    """

    priority: Priority
    ordered_at: datetime
    earliest: datetime
    misfits: Mapping[int, float]
    site_id: int | None = None
    day_part: tuple[time, time] | None = None
    others: Sequence[OtherExam] = ()
    not_liked: Sequence[Interval] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The parts of a slot's cost; the slot with the least total is chosen."""

    waiting: float
    fit: float
    fragmentation: float
    visit: float
    site: float
    time_of_day: float = 0.0

    @property
    def total(self) -> float:
        """The sum of the parts."""
        return (
            self.waiting + self.fit + self.fragmentation + self.visit + self.site + self.time_of_day
        )


def score(slot: Slot, circumstances: Circumstances, policy: Policy) -> Score:
    """Return what the slot costs."""
    unit = policy.patience[circumstances.priority]
    fragments = sum(0 < gap < policy.fragment_minutes for gap in slot.gaps)
    return Score(
        waiting=waiting(slot.starts_at, circumstances, policy),
        fit=unit * circumstances.misfits[slot.room_id],
        fragmentation=unit * policy.fragment * fragments,
        visit=unit * policy.other_day * _is_other_day(slot, circumstances),
        site=unit * policy.other_site * (circumstances.site_id not in {None, slot.site_id}),
        time_of_day=unit * policy.other_time * _is_not_liked(slot.starts_at, circumstances),
    )


def _is_not_liked(starts_at: datetime, circumstances: Circumstances) -> bool:
    return any(one.start <= starts_at < one.end for one in circumstances.not_liked)


def waiting(starts_at: datetime, circumstances: Circumstances, policy: Policy) -> float:
    """Return the cost of waiting; it never falls as time goes on."""
    waited = max(0.0, (starts_at - circumstances.earliest) / _A_MINUTE)
    due = circumstances.ordered_at + policy.target[circumstances.priority]
    overdue = max(0.0, (starts_at - max(due, circumstances.earliest)) / _A_MINUTE)
    return waited + (policy.overdue_factor - 1) * overdue


def _is_other_day(slot: Slot, circumstances: Circumstances) -> bool:
    if not circumstances.others:
        return False
    day = slot.starts_at.astimezone(slot.zone).date()
    return not any(
        one.site_id == slot.site_id and one.starts_at.astimezone(slot.zone).date() == day
        for one in circumstances.others
    )
