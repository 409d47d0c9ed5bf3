"""Three CT rooms and one week in quarters of an hour: small enough to solve.

The bound is the optimum of the time-indexed linear relaxation. Beside it are plans that know every
order from the start, plans that know none before it comes, and one that promises nobody a time.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import highspy
import numpy as np

from worklist.scheduling.displacement import MOST_MOVED
from worklist.scheduling.policy import Policy
from worklist.scheduling.replanning.problem import Costs, ExamTask, Problem, RoomOption
from worklist.scheduling.replanning.solver import solve
from worklist.simulation import report
from worklist.vocabulary import Priority

# The small instance, in quarters of an hour; rooms 1 and 2 have the injector, room 3 has none.
_ROOMS_WITH, _ROOMS_WITHOUT = (1, 2), (3,)
_QUARTERS_A_DAY = 40  # 08:00 to 18:00
_DAYS, _HORIZON_DAYS = 5, 10
_JOBS = 230
_NOTICE = {Priority.STAT: 0, Priority.URGENT: 0, Priority.ASAP: 8, Priority.ROUTINE: 40}
_TARGET = {Priority.STAT: 4, Priority.URGENT: 40, Priority.ASAP: 280, Priority.ROUTINE: 1120}
_SHARES = {Priority.STAT: 8, Priority.URGENT: 12, Priority.ASAP: 20, Priority.ROUTINE: 60}


@dataclass(frozen=True)
class Job:
    """One exam of the small instance: quarters of opening time from the first day's opening."""

    ordered: int
    length: int
    contrast: bool
    priority: Priority

    @property
    def release(self) -> int:
        """The first quarter in which it may start."""
        return self.ordered + _NOTICE[self.priority]

    @property
    def rooms(self) -> tuple[int, ...]:
        """The rooms that can take it."""
        return _ROOMS_WITH if self.contrast else (*_ROOMS_WITH, *_ROOMS_WITHOUT)

    def cost(self, start: int) -> float:
        """Return the weighted waiting of a start, ten times beyond the target."""
        waited = start - self.ordered
        overdue = max(0, waited - _TARGET[self.priority])
        weight = report.DAY_WEIGHTS[self.priority]
        return weight * (waited + (report.OVERDUE_FACTOR - 1) * overdue)

    def urgency(self, now: int) -> float:
        """Return what waiting another quarter costs, by the room time that it needs."""
        return (self.cost(now + 1) - self.cost(now)) / self.length


def total(exams: Sequence[Job], starts: Sequence[int]) -> float:
    """Return the weighted waiting of a plan."""
    return sum(job.cost(start) for job, start in zip(exams, starts, strict=True))


def jobs(seed: int) -> list[Job]:
    """Draw the week's exams, in order of time."""
    chance = random.Random(seed)  # noqa: S311 - a benchmark, no secret
    shares = list(_SHARES.values())
    drawn = [
        Job(
            ordered=chance.randrange(_DAYS * _QUARTERS_A_DAY),
            length=chance.choice((1, 2, 2, 3)),
            contrast=chance.random() < 0.5,  # noqa: PLR2004 - half of them
            priority=chance.choices(list(_SHARES), shares)[0],
        )
        for _ in range(_JOBS)
    ]
    return sorted(drawn, key=lambda job: job.ordered)


def _starts(job: Job) -> Iterator[int]:
    """Yield the starts that do not run over the end of a day."""
    for start in range(job.release, _HORIZON_DAYS * _QUARTERS_A_DAY - job.length):
        if start % _QUARTERS_A_DAY + job.length <= _QUARTERS_A_DAY:
            yield start


def bound(exams: Sequence[Job]) -> float:
    """Return the optimum of the time-indexed linear relaxation, rooms of a kind taken together."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)  # noqa: FBT003 - the library's own signature
    solver.setOptionValue("solver", "ipm")
    periods = _HORIZON_DAYS * _QUARTERS_A_DAY
    rows = len(exams) + 2 * periods
    lower = np.array([1.0] * len(exams) + [-highspy.kHighsInf] * (2 * periods))
    upper = np.array(
        [1.0] * len(exams)
        + [float(len(_ROOMS_WITH))] * periods
        + [float(len(_ROOMS_WITHOUT))] * periods
    )
    costs: list[float] = []
    begins: list[int] = []
    indexes: list[int] = []
    for number, job in enumerate(exams):
        for kind in (0,) if job.contrast else (0, 1):
            for start in _starts(job):
                begins.append(len(indexes))
                costs.append(job.cost(start))
                indexes.append(number)
                first = len(exams) + kind * periods + start
                indexes.extend(range(first, first + job.length))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(costs), rows
    model.col_cost_ = np.array(costs)
    model.col_lower_, model.col_upper_ = np.zeros(len(costs)), np.ones(len(costs))
    model.row_lower_, model.row_upper_ = lower, upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.array([*begins, len(indexes)])
    model.a_matrix_.index_ = np.array(indexes)
    model.a_matrix_.value_ = np.ones(len(indexes))
    solver.passModel(model)
    solver.run()
    return float(solver.getInfo().objective_function_value)


def _places(job: Job) -> Iterator[tuple[int, int]]:
    """Yield starts in order of time; rooms without the injector first, to spare it."""
    for start in _starts(job):
        yield from ((start, room) for room in sorted(job.rooms, reverse=True))


class Booking:
    """Books each exam when it is ordered, at its first start that the policy leaves to it.

    Args:
        exams: In the order in which they come.
        numbers: The policy whose shares are kept.
        moves_for_stat: A STAT exam that would miss its target has the place of less urgent ones,
            the least urgent that are in the way, as the desk may accept it.
    """

    def __init__(self, exams: Sequence[Job], numbers: Policy, *, moves_for_stat: bool) -> None:
        self._exams, self._numbers = exams, numbers
        self._taken: dict[tuple[int, int], int] = {}
        self._places: dict[int, tuple[int, int]] = {}
        self.moved = 0
        for number, job in enumerate(exams):
            self._book(number, job.ordered)
            late = self._start(number) - job.ordered > _TARGET[job.priority]
            if moves_for_stat and job.priority is Priority.STAT and late:
                self._move_for(number)

    @property
    def starts(self) -> list[int]:
        """The start of each exam."""
        return [self._start(number) for number in range(len(self._exams))]

    def _start(self, number: int) -> int:
        start, _ = self._places.get(number, (_HORIZON_DAYS * _QUARTERS_A_DAY, 0))
        return start

    def _book(self, number: int, now: int) -> None:
        job = self._exams[number]
        for start, room in _places(job):
            if start < now or self._in_the_way(job, start, room):
                continue
            if not self._is_kept(job, start, room, now):
                self._take(number, start, room)
                return

    def _take(self, number: int, start: int, room: int) -> None:
        self._places[number] = (start, room)
        for quarter in range(start, start + self._exams[number].length):
            self._taken[room, quarter] = number

    def _give_back(self, number: int) -> None:
        start, room = self._places.pop(number, (0, 0))
        for quarter in range(start, start + self._exams[number].length):
            self._taken.pop((room, quarter), None)

    def _in_the_way(self, job: Job, start: int, room: int) -> set[int]:
        quarters = range(start, start + job.length)
        return {self._taken[room, one] for one in quarters if (room, one) in self._taken}

    def _is_kept(self, job: Job, start: int, room: int, now: int) -> bool:
        """Return whether the rest of that stretch has to be left to more urgent ones."""
        share = self._numbers.kept_share(job.priority, timedelta(minutes=15 * (start - now)))
        stretch = self._numbers.kept_hours * 4
        first = start - (start + room * stretch // 3) % stretch
        used = sum((room, first + one) in self._taken for one in range(stretch))
        return used > 0 and share > 0 and used + job.length > (1 - share) * stretch

    def _move_for(self, urgent: int) -> None:
        job = self._exams[urgent]
        ways = []
        for start, room in _places(job):
            if start > job.release + _TARGET[job.priority]:
                break
            moved = self._in_the_way(job, start, room)
            begun = any(self._start(one) <= job.ordered for one in moved)
            stays = any(self._exams[one].priority is Priority.STAT for one in moved)
            if len(moved) <= MOST_MOVED and not begun and not stays:
                harm = sum(report.DAY_WEIGHTS[self._exams[one].priority] for one in moved)
                ways.append((harm, start, room, sorted(moved)))
        if not ways:
            return
        _, start, room, moved_exams = min(ways)
        for one in (*moved_exams, urgent):
            self._give_back(one)
        self._take(urgent, start, room)
        for one in sorted(moved_exams, key=lambda one: self._exams[one].priority.rank):
            self._book(one, job.ordered)
        self.moved += len(moved_exams)


def without_appointments(exams: Sequence[Job]) -> list[int]:
    """Return the starts where nobody has a time: whenever a room is free, who costs most goes next.

    It knows no order before it comes, as a desk does not, but it has promised nothing.
    """
    starts = [_HORIZON_DAYS * _QUARTERS_A_DAY] * len(exams)
    waiting = set(range(len(exams)))
    free = dict.fromkeys((*_ROOMS_WITHOUT, *_ROOMS_WITH), 0)
    for now in range(_HORIZON_DAYS * _QUARTERS_A_DAY):
        left = _QUARTERS_A_DAY - now % _QUARTERS_A_DAY
        for room in (one for one in free if free[one] <= now):
            able = [
                one
                for one in waiting
                if exams[one].release <= now
                and room in exams[one].rooms
                and exams[one].length <= left
            ]
            if able:
                chosen = max(able, key=lambda one: (exams[one].urgency(now), -one))
                waiting.remove(chosen)
                starts[chosen], free[room] = now, now + exams[chosen].length
    return starts


def replanned(exams: Sequence[Job]) -> list[int]:
    """Let the re-planner place every job, moves being free."""
    tasks = [
        ExamTask(
            id=number,
            patient=number,
            options=[
                RoomOption(
                    room=room,
                    starts=[(start, start + 1) for start in _starts(job)],
                    length=job.length,
                )
                for room in job.rooms
            ],
            needs=(),
            before=0,
            after=job.length,
            present=None,
            must_leave=False,
            reference=job.ordered,
            due=job.ordered + _TARGET[job.priority],
            weight=report.DAY_WEIGHTS[job.priority],
            is_called=False,
        )
        for number, job in enumerate(exams)
    ]
    horizon = _HORIZON_DAYS * _QUARTERS_A_DAY
    found = solve(Problem(horizon=horizon, exams=tasks, free={}, costs=Costs()), seconds=20)
    return [found.places.get(number, (0, horizon))[1] for number in range(len(exams))]
