"""From the calendar to a re-planning problem: which exams may move, and where to."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.availability import Availability, ResourceCalendar, Window, as_range
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.intervals import Interval, subtract
from worklist.scheduling.models import Reservation
from worklist.scheduling.replanning.problem import (
    Costs,
    ExamTask,
    NeedTask,
    Problem,
    RoomOption,
    Stretch,
)
from worklist.scheduling.search import earliest_start
from worklist.scheduling.slots import on_duty
from worklist.scheduling.standing import read_standing
from worklist.scheduling.walk import purposes
from worklist.vocabulary import PatientClass, Priority

UNIT = timedelta(minutes=5)
WEIGHTS = {Priority.STAT: 100, Priority.URGENT: 30, Priority.ASAP: 5, Priority.ROUTINE: 1}
_MOST_EXAMS = 250
_NEEDED_AROUND = timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A problem with the exams that it is about, by id, and its start."""

    problem: Problem
    exams: dict[int, ScheduledProcedureStep]
    displaced: frozenset[int]
    base: datetime

    def moment(self, unit: int) -> datetime:
        """Return the time that a unit stands for."""
        return self.base + unit * UNIT


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
    base = _floor(window.start)
    chosen = modalities or {one.modality for one in displaced} or None
    exams = [*displaced, *_others(session, window, displaced, chosen, now + freeze)]
    assessments = {exam.id: assess(session, exam, now=now) for exam in exams}
    allowed = [exam for exam in exams if _is_allowed(assessments[exam.id])]
    movable = _movable(allowed, {one.id for one in displaced}, base)
    grid = _Grid(base, window, session, [one.id for one in movable], now)
    tasks = []
    needed: dict[int, Sequence[Stretch]] = {}
    for exam in movable:
        must_leave = any(one.id == exam.id for one in displaced)
        task = _task(exam, assessments[exam.id], grid, must_leave=must_leave, now=now)
        tasks.append(task)
        for need in task.needs:
            needed |= {one: grid.free(exam, one) for one in need.resources}
    horizon = (window.end - base) // UNIT
    return Gathered(
        problem=Problem(horizon=horizon, exams=tasks, free=needed, costs=costs or Costs()),
        exams={exam.id: exam for exam in movable},
        displaced=frozenset(one.id for one in displaced),
        base=base,
    )


def _is_allowed(assessment: Assessment) -> bool:
    return not assessment.blocks and not assessment.holds


class _Grid:
    """The calendar without the movable exams, in units, read once for each set of purposes."""

    def __init__(
        self,
        base: datetime,
        window: Interval,
        session: Session,
        movable: Sequence[int],
        now: datetime,
    ) -> None:
        self.base, self.window, self._session = base, window, session
        self._movable, self._now = movable, now
        self._windows: dict[frozenset[str], Window] = {}
        self.lines = read_standing(session).lines
        self._patients = self._patient_times()

    def _patient_times(self) -> dict[int, list[Interval]]:
        around = Interval(self.window.start - _NEEDED_AROUND, self.window.end + _NEEDED_AROUND)
        rows = self._session.execute(
            select(Reservation.patient_id, Reservation.during).where(
                Reservation.patient_id.is_not(None),
                Reservation.during.overlaps(as_range(around)),
                Reservation.exam_id.not_in(self._movable),
            )
        )
        result: dict[int, list[Interval]] = defaultdict(list)
        for patient_id, during in rows:
            if patient_id and during.lower and during.upper:
                result[patient_id].append(Interval(during.lower, during.upper))
        return result

    def calendar(self, exam: ScheduledProcedureStep, resource_id: int) -> ResourceCalendar | None:
        open_to = purposes(exam.order, screening=exam.procedure.screening)
        if open_to not in self._windows:
            self._windows[open_to] = Availability(
                self._session,
                self.lines,
                patient_id=0,
                now=self._now,
                purposes=open_to,
                ignored=self._movable,
                lines=self.lines,
            ).within(Interval(self.window.start - _NEEDED_AROUND, self.window.end + _NEEDED_AROUND))
        return self._windows[open_to].resources.get(resource_id)

    def free(self, exam: ScheduledProcedureStep, resource_id: int) -> list[Stretch]:
        """Return the free stretches of a resource, rounded inwards to whole units."""
        calendar = self.calendar(exam, resource_id)
        return [self.inwards(one) for one in calendar.free] if calendar else []

    def inwards(self, one: Interval) -> Stretch:
        return self.up(one.start), (one.end - self.base) // UNIT

    def up(self, moment: datetime) -> int:
        return -((self.base - moment) // UNIT)

    def patient_taken(self, exam: ScheduledProcedureStep) -> list[Interval]:
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
    exams: Iterable[ScheduledProcedureStep], displaced: Collection[int], base: datetime
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
        or (
            counts[one.patient_id] == 1
            and one.starts_at is not None
            and (one.starts_at - base) % UNIT == timedelta(0)
        )
    ]


def _task(
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    grid: _Grid,
    *,
    must_leave: bool,
    now: datetime,
) -> ExamTask:
    order, plan, kept = exam.order, assessment.plan, exam.starts_at
    earliest = earliest_start(exam, assessment, now) + timedelta(minutes=plan.minutes_before)
    if kept is not None:
        earliest = max(now, min(earliest, kept))
    options = [
        _option(exam, assessment, candidate, grid, earliest) for candidate in assessment.eligible
    ]
    present = (exam.room_id, grid.up(kept)) if kept and exam.room_id else None
    ends = [one.offset_minutes + one.duration_minutes for one in plan.needs if one.patient_present]
    starts = [-one.offset_minutes for one in plan.needs if one.patient_present]
    reference = exam.starts_at or earliest
    return ExamTask(
        id=exam.id,
        patient=exam.patient_id,
        options=[one for one in options if one.starts],
        needs=_needs(assessment, grid),
        before=_units(max([0, *starts])),
        after=_units(max([plan.room_minutes, *ends])),
        present=present,
        must_leave=must_leave,
        reference=max(0, grid.up(max(reference, grid.base))),
        due=max(0, grid.up(order.ordered_at + assessment.policy.target[order.priority])),
        weight=WEIGHTS[order.priority],
        is_called=order.patient_class is PatientClass.OUTPATIENT,
    )


def _option(
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    candidate: Candidate,
    grid: _Grid,
    earliest: datetime,
) -> RoomOption:
    """Return the starts that hours, other bookings, the rules and the patient leave in a room."""
    plan = assessment.plan
    stay = timedelta(minutes=plan.room_minutes)
    length = stay + timedelta(minutes=candidate.turnover_minutes)
    calendar = grid.calendar(exam, candidate.room.id)
    closings = {one.end for one in calendar.usable} if calendar else set()
    allowed = [
        Interval(one.start, one.end - (stay if one.end in closings else length) + UNIT)
        for one in (calendar.free if calendar else ())
    ]
    allowed = [one for one in allowed if one.start < one.end]
    before = timedelta(minutes=max([0, *(-one.offset_minutes for one in plan.needs)]))
    after = timedelta(minutes=plan.minutes_after)
    closed = [Interval(datetime.min.replace(tzinfo=UTC), max(earliest, grid.window.start))]
    closed.append(Interval(grid.window.end, datetime.max.replace(tzinfo=UTC)))
    closed += [Interval(one.start - after, one.end + before) for one in grid.patient_taken(exam)]
    closed += [Interval(one.start + UNIT, one.end) for one in assessment.avoided]
    site = candidate.room.resource.site_id
    staff = [grid.calendar(exam, one) for one, line in grid.lines.items() if line.site_id == site]
    for duty in on_duty(plan, [one for one in staff if one]):
        staffed = [Interval(one.start, one.end - stay + UNIT) for one in duty]
        unstaffed = subtract(allowed, [one for one in staffed if one.start < one.end])
        allowed = subtract(allowed, unstaffed)
    starts = [grid.inwards(one) for one in subtract(allowed, closed)]
    return RoomOption(
        room=candidate.room.id,
        starts=[one for one in starts if one[0] < one[1]],
        length=-(-length // UNIT),
    )


def _needs(assessment: Assessment, grid: _Grid) -> list[NeedTask]:
    sites = {one.room.resource.site_id for one in assessment.eligible}
    return [
        NeedTask(
            offset=need.offset_minutes // 5,
            length=_units(need.duration_minutes),
            resources=[
                one
                for one, line in grid.lines.items()
                if line.kind is need.kind and line.site_id in sites
            ],
        )
        for need in assessment.plan.needs
    ]


def _units(minutes: int) -> int:
    return -(-minutes // 5)


def _floor(moment: datetime) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return moment - (moment - epoch) % UNIT
