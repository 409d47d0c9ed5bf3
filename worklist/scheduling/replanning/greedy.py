"""A first plan, found at once: whoever can stays, the others go where it costs least."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from worklist.scheduling.replanning.problem import ExamTask, Problem, Stretch, cost_of


@dataclass(frozen=True, slots=True)
class Start:
    """A plan to start from: places by exam, and the resource of each of their needs."""

    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    needs: dict[int, tuple[int, ...]] = field(default_factory=dict)


def first_plan(problem: Problem) -> Start:
    """Return a plan without conflicts; exams that find no place in it are left out."""
    taken: dict[object, list[Stretch]] = defaultdict(list)
    start = Start()
    staying = [one for one in problem.exams if not one.must_leave and one.present is not None]
    for exam in staying:
        if exam.present is not None:
            _try(exam, exam.present, problem.free, taken, start)
    left = [one for one in problem.exams if one.id not in start.places]
    for exam in sorted(left, key=lambda one: (-one.weight, one.due)):
        ranked = sorted(_places(exam), key=lambda place: cost_of(exam, place, problem.costs))
        next((place for place in ranked if _try(exam, place, problem.free, taken, start)), None)
    return start


def _places(exam: ExamTask) -> Iterator[tuple[int, int]]:
    for option in exam.options:
        for first, end in option.starts:
            yield from ((option.room, start) for start in range(first, end))


def _try(
    exam: ExamTask,
    place: tuple[int, int],
    free: Mapping[int, Sequence[Stretch]],
    taken: dict[object, list[Stretch]],
    plan: Start,
) -> bool:
    """Take the place with all that it needs, if all is free."""
    room, start = place
    option = next((one for one in exam.options if one.room == room), None)
    if option is None or not any(first <= start < end for first, end in option.starts):
        return False
    wanted: list[tuple[object, Stretch]] = [
        (room, (start, start + option.length)),
        (("patient", exam.patient), (start - exam.before, start + exam.after)),
    ]
    if not all(_is_free(taken[key], stretch) for key, stretch in wanted):
        return False
    resources = []
    for need in exam.needs:
        stretch = (start + need.offset, start + need.offset + need.length)
        resource = next(
            (
                one
                for one in need.resources
                if any(first <= stretch[0] and stretch[1] <= end for first, end in free[one])
                and _is_free(taken[one], stretch)
            ),
            None,
        )
        if resource is None:
            return False
        resources.append(resource)
        wanted.append((resource, stretch))
    for key, stretch in wanted:
        taken[key].append(stretch)
    plan.places[exam.id] = place
    plan.needs[exam.id] = tuple(resources)
    return True


def _is_free(taken: Sequence[Stretch], wanted: Stretch) -> bool:
    return all(end <= wanted[0] or wanted[1] <= first for first, end in taken)
