"""Solve a re-planning problem with OR-Tools CP-SAT: optional intervals that do not overlap."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ortools.sat.python import cp_model

from worklist.scheduling.replanning.greedy import Start, first_plan
from worklist.scheduling.replanning.problem import (
    ExamTask,
    Problem,
    Solution,
    Stretch,
    cost_of,
)

_WORKERS = 2


def solve(
    problem: Problem, *, seconds: float, seed: int = 1, effort: float | None = None
) -> Solution:
    """Return the best plan found in the time; it is never worse than `greedy.first_plan`.

    With an ``effort``, in the solver's own measure of time, the same problem has the same answer
    on every machine, as long as the seconds are enough.
    """
    first = first_plan(problem)
    model = _Model(problem, first)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = _WORKERS if effort is None else 1
    if effort is not None:
        solver.parameters.max_deterministic_time = effort
    solver.parameters.random_seed = seed
    solver.parameters.relative_gap_limit = 0.001
    status = solver.solve(model.model)
    found = status in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    plans = [first.places, *([model.places(solver)] if found else [])]
    places = min(plans, key=lambda one: _total(problem, one))
    return Solution(
        places=places,
        cost=_total(problem, places),
        bound=solver.best_objective_bound if found else float("-inf"),
    )


def _total(problem: Problem, places: Mapping[int, tuple[int, int]]) -> float:
    return sum(cost_of(exam, places.get(exam.id), problem.costs) for exam in problem.exams)


class _Model:
    """The model of one problem, with the variables by exam, and a first plan as a hint."""

    def __init__(self, problem: Problem, first: Start) -> None:
        self.model = cp_model.CpModel()
        self._problem = problem
        self._first = first
        self._on_resource: dict[int, list[cp_model.IntervalVar]] = defaultdict(list)
        self._of_patient: dict[int, list[cp_model.IntervalVar]] = defaultdict(list)
        self._starts: dict[int, cp_model.IntVar] = {}
        self._rooms: dict[int, dict[int, cp_model.IntVar]] = {}
        self._terms: list[cp_model.LinearExprT] = []
        for exam in problem.exams:
            self._add(exam)
        for intervals in (*self._on_resource.values(), *self._of_patient.values()):
            if len(intervals) > 1:
                self.model.add_no_overlap(intervals)
        self.model.minimize(sum(self._terms))

    def places(self, solver: cp_model.CpSolver) -> dict[int, tuple[int, int]]:
        """Return room and start of each exam that has a place."""
        return {
            exam_id: (room, solver.value(self._starts[exam_id]))
            for exam_id, rooms in self._rooms.items()
            for room, taken in rooms.items()
            if solver.boolean_value(taken)
        }

    def _add(self, exam: ExamTask) -> None:
        model, horizon = self.model, self._problem.horizon
        start = model.new_int_var(0, horizon, f"start {exam.id}")
        placed = model.new_bool_var(f"placed {exam.id}")
        rooms: dict[int, cp_model.IntVar] = {}
        for option in exam.options:
            taken = model.new_bool_var(f"{exam.id} in {option.room}")
            rooms[option.room] = taken
            self._allow(start, option.starts, taken)
            self._on_resource[option.room].append(
                model.new_optional_fixed_size_interval_var(start, option.length, taken, "room")
            )
        model.add(sum(rooms.values()) == placed)
        taken_from, length = -exam.before, exam.before + exam.after
        self._of_patient[exam.patient].append(
            model.new_optional_fixed_size_interval_var(
                start + taken_from, length, placed, f"patient {exam.id}"
            )
        )
        self._add_needs(exam, start, placed)
        self._add_cost(exam, start, placed, rooms)
        self._starts[exam.id], self._rooms[exam.id] = start, rooms
        place = self._first.places.get(exam.id)
        model.add_hint(placed, place is not None)
        if place is not None:
            model.add_hint(start, place[1])
        for room, taken in rooms.items():
            model.add_hint(taken, place is not None and place[0] == room)

    def _allow(
        self, start: cp_model.LinearExprT, stretches: Sequence[Stretch], when: cp_model.IntVar
    ) -> None:
        """Allow the starts of the stretches (half-open) only, where ``when`` is true."""
        inclusive = [[first, end - 1] for first, end in stretches if first < end]
        if not inclusive:
            self.model.add(when == 0)
            return
        domain = cp_model.Domain.from_intervals(inclusive)
        self.model.add_linear_expression_in_domain(start, domain).only_enforce_if(when)

    def _add_needs(self, exam: ExamTask, start: cp_model.IntVar, placed: cp_model.IntVar) -> None:
        for number, need in enumerate(exam.needs):
            chosen = []
            for resource in need.resources:
                taken = self.model.new_bool_var(f"{exam.id} need {number} from {resource}")
                starts = [
                    (first - need.offset, end - need.offset - need.length + 1)
                    for first, end in self._problem.free[resource]
                ]
                self._allow(start, starts, taken)
                self._on_resource[resource].append(
                    self.model.new_optional_fixed_size_interval_var(
                        start + need.offset, need.length, taken, "need"
                    )
                )
                chosen.append(taken)
                held = self._first.needs.get(exam.id)
                self.model.add_hint(taken, held is not None and held[number] == resource)
            self.model.add(sum(chosen) == placed)

    def _add_cost(
        self,
        exam: ExamTask,
        start: cp_model.IntVar,
        placed: cp_model.IntVar,
        rooms: dict[int, cp_model.IntVar],
    ) -> None:
        model, costs, horizon = self.model, self._problem.costs, self._problem.horizon
        waited = model.new_int_var(-exam.reference, horizon, "waited")
        model.add(waited == start - exam.reference).only_enforce_if(placed)
        model.add(waited == 0).only_enforce_if(~placed)
        late = model.new_int_var(0, horizon, "late")
        model.add(late >= start - exam.due).only_enforce_if(placed)
        place = self._first.places.get(exam.id)
        model.add_hint(waited, place[1] - exam.reference if place else 0)
        model.add_hint(late, max(0, place[1] - exam.due) if place else 0)
        unplaced = round(cost_of(exam, None, costs))
        self._terms += [
            exam.weight * waited,
            exam.weight * (costs.overdue_factor - 1) * late,
            unplaced * (1 - placed),
        ]
        if exam.present is not None:
            self._add_change(exam, exam.present, start, placed, rooms)

    def _add_change(
        self,
        exam: ExamTask,
        present: tuple[int, int],
        start: cp_model.IntVar,
        placed: cp_model.IntVar,
        rooms: dict[int, cp_model.IntVar],
    ) -> None:
        """Charge the same steps as `problem.cost_of`: other room, shifted a little, moved."""
        model, costs = self.model, self._problem.costs
        room, now = present
        share = 1.0 if exam.is_called else costs.inpatient_share
        same, near = model.new_bool_var("same"), model.new_bool_var("near")
        model.add(start == now).only_enforce_if(same)
        model.add(start >= now - costs.keep_within).only_enforce_if(near)
        model.add(start <= now + costs.keep_within).only_enforce_if(near)
        model.add_implication(same, near)
        model.add_implication(near, placed)
        shifted, moved = round(costs.shifted * share), round(costs.moved * share)
        self._terms += [moved * placed, (shifted - moved) * near, -shifted * same]
        other = model.new_bool_var("other room")
        model.add_bool_or([~same, other, *([rooms[room]] if room in rooms else [])])
        self._terms.append(costs.other_room * other)
        place = self._first.places.get(exam.id)
        stays = place is not None and place[1] == now
        model.add_hint(same, stays)
        model.add_hint(near, place is not None and abs(place[1] - now) <= costs.keep_within)
        model.add_hint(other, stays and place is not None and place[0] != room)
