"""A re-planning problem as plain numbers: what the solver reads and what it answers.

Time is counted in units of five minutes from the problem's start. Stretches are half-open pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedTask:
    """One resource of several for a stretch that moves with the start."""

    offset: int
    length: int
    resources: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomOption:
    """A room that the exam may have, with the starts allowed there by hours, rules and patient.

    ``length`` is the stay with turnover.
    """

    room: int
    starts: Sequence[Stretch]
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamTask:
    """One exam that may be moved.

    Attributes:
        id: The exam.
        patient: Two exams of one patient never overlap.
        options: Its rooms; the present one is among them where it is still possible.
        needs: What it needs besides the room.
        before: How long before the start the patient is taken.
        after: How long after the start the patient is taken.
        present: Room and start now.
        must_leave: Whether it cannot stay there.
        reference: The start from which waiting counts.
        due: From when waiting counts ten times.
        weight: What one unit of waiting costs.
        is_called: Whether a change of time means calling a patient at home.
    """

    id: int
    patient: int
    options: Sequence[RoomOption]
    needs: Sequence[NeedTask]
    before: int
    after: int
    present: tuple[int, int] | None
    must_leave: bool
    reference: int
    due: int
    weight: int
    is_called: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What changes cost, in units of a routine patient's waiting (five minutes each)."""

    other_room: int = 30
    shifted: int = 200
    moved: int = 1000
    inpatient_share: float = 0.25
    unplaced: int = 100_000
    keep_within: int = 6
    overdue_factor: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """All exams, with each resource's free stretches (rooms' are in the options)."""

    horizon: int
    exams: Sequence[ExamTask]
    free: Mapping[int, Sequence[Stretch]]
    costs: Costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """Room and start of each exam by id; an exam that is left out has no place.

    ``bound`` is a cost that no plan can go below.
    """

    places: Mapping[int, tuple[int, int]]
    cost: float
    bound: float


def cost_of(exam: ExamTask, place: tuple[int, int] | None, costs: Costs) -> float:
    """Return what a place costs one exam; the solver minimises the sum."""
    if place is None:
        return costs.unplaced + costs.unplaced // 10 * exam.weight
    room, start = place
    waiting = exam.weight * (start - exam.reference)
    overdue = exam.weight * (costs.overdue_factor - 1) * max(0, start - exam.due)
    return waiting + overdue + _change(exam, room, start, costs)


def _change(exam: ExamTask, room: int, start: int, costs: Costs) -> int:
    if exam.present is None:
        return 0
    shift = abs(start - exam.present[1])
    if shift == 0:
        return costs.other_room if room != exam.present[0] else 0
    full = costs.shifted if shift <= costs.keep_within else costs.moved
    return full if exam.is_called else round(full * costs.inpatient_share)
