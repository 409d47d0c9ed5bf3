"""From the calendar to a re-planning problem: which exams may move, and where to."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.availability import Availability, ResourceCalendar, Window, as_range
from worklist.scheduling.intervals import Interval
from worklist.scheduling.models import Reservation
from worklist.scheduling.replanning import tasks
from worklist.scheduling.replanning.problem import Costs, Problem, Stretch
from worklist.scheduling.replanning.reserve import Reserve
from worklist.scheduling.replanning.tasks import Grid, Movable
from worklist.scheduling.search import earliest_start
from worklist.scheduling.standing import read_standing
from worklist.scheduling.walk import purposes

_MOST_EXAMS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A problem with the exams that it is about, by id, and its time."""

    problem: Problem
    exams: dict[int, ScheduledProcedureStep]
    displaced: frozenset[int]
    grid: Grid


def gather(
    session: Session,
    window: Interval,
    *,
    displaced: Collection[ScheduledProcedureStep] = (),
    modalities: Collection[str] | None = None,
    freeze: timedelta = timedelta(hours=1),
    costs: Costs | None = None,
    now: datetime,
) -> Gathered:
    """Return the problem of the exams booked in the window.

    Args:
        session: Only read.
        window: Exams that start in it may move within it; it starts no earlier than ``now``.
        displaced: Exams that must leave their slot.
        modalities: Only exams of these; None takes those of the displaced, else all.
        freeze: Exams that start sooner than this stay, unless displaced.
        costs: What changes cost.
        now: The present time.
    """
    grid = Grid.of(window)
    chosen = modalities or {one.modality for one in displaced} or None
    exams = [*displaced, *_others(session, window, displaced, chosen, now + freeze)]
    assessments = {exam.id: assess(session, exam, now=now) for exam in exams}
    allowed = [exam for exam in exams if tasks.may_move(assessments[exam.id])]
    leaving = frozenset(one.id for one in displaced)
    movable = _movable(allowed, leaving, grid)
    calendars = _Calendars(session, grid, [one.id for one in movable], now)
    exam_tasks = []
    needed: dict[int, Sequence[Stretch]] = {}
    known = [
        _known(exam, assessments[exam.id], must_leave=exam.id in leaving, now=now)
        for exam in movable
    ]
    reserve = Reserve(known, grid, calendars, now)
    for one in known:
        made = tasks.task(one, grid, calendars, reserve, now=now)
        exam_tasks.append(made)
        needed |= tasks.free(one, made.needs, grid, calendars)
    return Gathered(
        problem=Problem(
            horizon=grid.horizon, exams=exam_tasks, free=needed, costs=costs or Costs()
        ),
        exams={exam.id: exam for exam in movable},
        displaced=leaving,
        grid=grid,
    )


def _known(
    exam: ScheduledProcedureStep, assessment: Assessment, *, must_leave: bool, now: datetime
) -> Movable:
    order = exam.order
    return Movable(
        id=exam.id,
        patient_id=exam.patient_id,
        room_id=exam.room_id,
        starts_at=exam.starts_at,
        ordered_at=order.ordered_at,
        priority=order.priority,
        patient_class=order.patient_class,
        earliest=earliest_start(exam, assessment, now),
        purposes=purposes(order, screening=exam.procedure.screening),
        assessment=assessment,
        must_leave=must_leave,
    )


class _Calendars:
    """The calendar without the movable exams, read once for each set of purposes."""

    def __init__(self, session: Session, grid: Grid, movable: Sequence[int], now: datetime) -> None:
        self._session, self._grid = session, grid
        self._movable, self._now = movable, now
        self._windows: dict[frozenset[str], Window] = {}
        self.lines = read_standing(session).lines
        self._patients = self._patient_times()

    def _patient_times(self) -> dict[int, list[Interval]]:
        rows = self._session.execute(
            select(Reservation.patient_id, Reservation.during).where(
                Reservation.patient_id.is_not(None),
                Reservation.during.overlaps(as_range(self._grid.around)),
                Reservation.exam_id.not_in(self._movable),
            )
        )
        result: dict[int, list[Interval]] = defaultdict(list)
        for patient_id, during in rows:
            if patient_id and during.lower and during.upper:
                result[patient_id].append(Interval(during.lower, during.upper))
        return result

    def calendar(self, exam: Movable, resource_id: int) -> ResourceCalendar | None:
        if exam.purposes not in self._windows:
            self._windows[exam.purposes] = Availability(
                self._session,
                self.lines,
                patient_id=0,
                now=self._now,
                purposes=exam.purposes,
                ignored=self._movable,
                lines=self.lines,
            ).within(self._grid.around)
        return self._windows[exam.purposes].resources.get(resource_id)

    def patient_taken(self, exam: Movable) -> Sequence[Interval]:
        return self._patients.get(exam.patient_id, [])


def _others(
    session: Session,
    window: Interval,
    displaced: Collection[ScheduledProcedureStep],
    modalities: Collection[str] | None,
    from_: datetime,
) -> Sequence[ScheduledProcedureStep]:
    exam = ScheduledProcedureStep
    statement = (
        select(exam)
        .where(
            exam.status == StepStatus.SCHEDULED,
            exam.starts_at >= max(window.start, from_),
            exam.starts_at < window.end,
            exam.id.not_in([one.id for one in displaced]),
        )
        .order_by(exam.starts_at, exam.id)
        .limit(max(0, _MOST_EXAMS - len(displaced)))
    )
    if modalities is not None:
        statement = statement.where(exam.modality.in_(modalities))
    return session.scalars(statement).all()


def _movable(
    exams: Iterable[ScheduledProcedureStep], displaced: Collection[int], grid: Grid
) -> list[ScheduledProcedureStep]:
    """Return those that may move.

    Rules judge an exam by where the patient's others are, so of several exams of one patient only
    displaced ones move; and exams that do not start on the grid stay.
    """
    known = list(exams)
    counts = Counter(one.patient_id for one in known)
    return [
        one
        for one in known
        if one.id in displaced
        or (counts[one.patient_id] == 1 and one.starts_at is not None and grid.has(one.starts_at))
    ]
