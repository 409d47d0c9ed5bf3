"""The nightly re-plan of a simulated department: the product's own plan, accepted as it is."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from worklist.scheduling.availability import ResourceCalendar
from worklist.scheduling.intervals import Interval
from worklist.scheduling.replanning import tasks
from worklist.scheduling.replanning.problem import Costs, ExamTask, Problem, Stretch, cost_of
from worklist.scheduling.replanning.reserve import Reserve
from worklist.scheduling.replanning.solver import solve
from worklist.scheduling.replanning.tasks import Grid, Line, Movable
from worklist.simulation.department import Department
from worklist.simulation.placing import Placing
from worklist.simulation.played import Played

_AHEAD = timedelta(days=2)
_STAYS = timedelta(hours=1)
_AT_MOST_SECONDS = 60.0


class Nightly:
    """Looks every night for a better plan of the next two days, one modality after the other.

    Args:
        department: Is changed.
        placing: Books and gives back.
        effort: How much the solver may do, in its own measure of time, which does not depend on
            the machine: the same weeks come out again.
    """

    def __init__(self, department: Department, placing: Placing, *, effort: float) -> None:
        self._department = department
        self._placing = placing
        self._effort = effort

    def run(self, played: Iterable[Played], now: datetime) -> list[Played]:
        """Book what a better plan moves, where there is one; return who was moved."""
        window = Interval(now, now + _AHEAD)
        grid = Grid.of(window)
        coming = [one for one in played if _is_coming(one, window)]
        patients = Counter(one.demand.patient_number for one in coming)
        by_modality: dict[str, list[Played]] = {}
        for one in coming:
            alone = patients[one.demand.patient_number] == 1
            if alone and one.starts_at is not None and grid.has(one.starts_at):
                by_modality.setdefault(one.demand.procedure.modality, []).append(one)
        moved: list[Played] = []
        for movable in by_modality.values():
            moved += self._improve(movable, grid, now)
        return moved

    def _improve(self, movable: Sequence[Played], grid: Grid, now: datetime) -> list[Played]:
        had = [(one, one.slot, one.intervals) for one in movable]
        known = [self._placing.as_movable(one, now) for one in movable]
        for one in movable:
            self._placing.give_back(one)
        problem = self._problem(known, grid, now)
        solution = solve(problem, seconds=_AT_MOST_SECONDS, effort=self._effort)
        better = solution.cost < sum(_present_cost(one, problem.costs) for one in problem.exams)
        by_number = {one.demand.number: one for one in movable}
        places = {
            task.id: place
            for task in problem.exams
            if better and (place := solution.places.get(task.id)) and place != task.present
        }
        for one, slot, intervals in had:
            if one.demand.number not in places and slot is not None:
                self._placing.take_back(one, slot, intervals)
        done = all(
            self._placing.book_at(by_number[number], place[0], grid.moment(place[1]), now)
            for number, place in places.items()
        )
        if done:
            return [by_number[number] for number in places]
        for one in movable:
            self._placing.give_back(one)
        for one, slot, intervals in had:
            if slot is not None:
                self._placing.take_back(one, slot, intervals)
        return []

    def _problem(self, known: Sequence[Movable], grid: Grid, now: datetime) -> Problem:
        calendars = MemoryCalendars(self._department, grid, now)
        exams: list[ExamTask] = []
        free: dict[int, Sequence[Stretch]] = {}
        reserve = Reserve(known, grid, calendars, now)
        for one in known:
            if tasks.may_move(one.assessment):
                made = tasks.task(one, grid, calendars, reserve, now=now)
                exams.append(made)
                free |= tasks.free(one, made.needs, grid, calendars)
        return Problem(horizon=grid.horizon, exams=exams, free=free, costs=Costs())


class MemoryCalendars:
    """The department's calendar as it is, read once for each set of purposes."""

    def __init__(self, department: Department, grid: Grid, now: datetime) -> None:
        self._department, self._grid, self._now = department, grid, now
        self._read: dict[frozenset[str], Mapping[int, ResourceCalendar]] = {}

    @property
    def lines(self) -> Mapping[int, Line]:
        """Return the resources, by id."""
        return self._department.resources

    def calendar(self, exam: Movable, resource_id: int) -> ResourceCalendar | None:
        """Return a resource's calendar as it is for the exam."""
        if exam.purposes not in self._read:
            view = self._department.seen_by(
                exam.patient_id,
                (),
                self._department.resources,
                purposes=exam.purposes,
                now=self._now,
            )
            self._read[exam.purposes] = view.within(self._grid.around).resources
        return self._read[exam.purposes].get(resource_id)

    def patient_taken(self, exam: Movable) -> Sequence[Interval]:
        """Return when the patient has other exams."""
        return self._department.patient_taken(exam.patient_id, self._grid.around)


def _is_coming(played: Played, window: Interval) -> bool:
    starts_at = played.starts_at
    return (
        played.is_to_come
        and starts_at is not None
        and window.start + _STAYS <= starts_at < window.end
    )


def _present_cost(exam: ExamTask, costs: Costs) -> float:
    return cost_of(exam, exam.present, costs)
