"""From exams and calendars to the tasks of a re-planning problem: no database, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from worklist.catalogue.models import ResourceKind
from worklist.scheduling.assessment import Assessment
from worklist.scheduling.availability import ResourceCalendar
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.intervals import Interval, subtract
from worklist.scheduling.phases import Plan
from worklist.scheduling.replanning.problem import ExamTask, NeedTask, RoomOption, Stretch
from worklist.scheduling.slots import on_duty
from worklist.scheduling.times_of_day import outside_day_part
from worklist.vocabulary import PatientClass, Priority

UNIT = timedelta(minutes=5)
NEEDED_AROUND = timedelta(hours=8)
WEIGHTS = {Priority.STAT: 100, Priority.URGENT: 30, Priority.ASAP: 5, Priority.ROUTINE: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Movable:
    """An exam that may be moved.

    ``earliest`` is when its first phase may begin; ``purposes`` are the blocks' that are open to
    it; ``must_leave`` says that it cannot stay where it is.
    """

    id: int
    patient_id: int
    room_id: int | None
    starts_at: datetime | None
    ordered_at: datetime
    priority: Priority
    patient_class: PatientClass
    earliest: datetime
    purposes: frozenset[str]
    assessment: Assessment
    must_leave: bool = False


class Line(Protocol):
    """A resource as far as a plan asks: a room, a bay or a member of staff."""

    @property
    def kind(self) -> ResourceKind:
        """What it is."""
        ...

    @property
    def site_id(self) -> int:
        """Where it is."""
        ...


class Calendars(Protocol):
    """The calendar without the movable exams."""

    @property
    def lines(self) -> Mapping[int, Line]:
        """The resources in use, by id."""
        ...

    def calendar(self, exam: Movable, resource_id: int) -> ResourceCalendar | None:
        """Return a resource's calendar as it is for the exam."""
        ...

    def patient_taken(self, exam: Movable) -> Sequence[Interval]:
        """Return when the patient has other exams, which stay."""
        ...


@dataclass(frozen=True, slots=True)
class Grid:
    """The time of a problem, in units from its base."""

    base: datetime
    window: Interval

    @classmethod
    def of(cls, window: Interval) -> "Grid":
        """Return the grid of a window; its base is a whole unit."""
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return cls(window.start - (window.start - epoch) % UNIT, window)

    @property
    def around(self) -> Interval:
        """The stretch in which exams of the window may need something."""
        return Interval(self.window.start - NEEDED_AROUND, self.window.end + NEEDED_AROUND)

    @property
    def horizon(self) -> int:
        """The number of units."""
        return (self.window.end - self.base) // UNIT

    def moment(self, unit: int) -> datetime:
        """Return the time that a unit stands for."""
        return self.base + unit * UNIT

    def up(self, moment: datetime) -> int:
        """Return the first unit that does not begin before."""
        return -((self.base - moment) // UNIT)

    def inwards(self, one: Interval) -> Stretch:
        """Return the whole units of a stretch."""
        return self.up(one.start), (one.end - self.base) // UNIT

    def has(self, moment: datetime) -> bool:
        """Return whether a time is the beginning of a unit."""
        return (moment - self.base) % UNIT == timedelta(0)


class Keeps(Protocol):
    """What the policy keeps free, see `reserve.Reserve`."""

    def kept(self, exam: Movable, room_id: int, place: int) -> Sequence[Interval]:
        """Return the gaps of a room that are kept from an exam."""
        ...


def may_move(assessment: Assessment) -> bool:
    """Return whether the rules let an exam be placed: a plan moves no other."""
    return not assessment.blocks and not assessment.holds


def task(
    exam: Movable, grid: Grid, calendars: Calendars, reserve: Keeps, *, now: datetime
) -> ExamTask:
    """Return the exam as the solver reads it."""
    assessment, kept = exam.assessment, exam.starts_at
    plan = assessment.plan
    earliest = exam.earliest + timedelta(minutes=plan.minutes_before)
    if kept is not None:
        earliest = max(now, min(earliest, kept))
    options = [
        _option(
            exam,
            candidate,
            grid,
            calendars,
            kept=reserve.kept(exam, candidate.room.id, place),
            earliest=earliest,
        )
        for place, candidate in enumerate(assessment.candidates)
        if not candidate.obstacles
    ]
    present = (exam.room_id, grid.up(kept)) if kept and exam.room_id else None
    before, after = _patient_around(plan)
    reference = kept or earliest
    return ExamTask(
        id=exam.id,
        patient=exam.patient_id,
        options=[one for one in options if one.starts],
        needs=_needs(assessment, calendars.lines),
        before=_units(before),
        after=_units(after),
        present=present,
        must_leave=exam.must_leave,
        reference=max(0, grid.up(max(reference, grid.base))),
        due=max(0, grid.up(exam.ordered_at + assessment.policy.target[exam.priority])),
        weight=WEIGHTS[exam.priority],
        is_called=exam.patient_class is PatientClass.OUTPATIENT,
    )


def _patient_around(plan: Plan) -> tuple[int, int]:
    """Return for how many minutes the patient is taken before, and from, the start in the room."""
    present = [one for one in plan.needs if one.patient_present]
    begins = [-one.offset_minutes for one in present]
    ends = [one.offset_minutes + one.duration_minutes for one in present]
    return max([0, *begins]), max([plan.room_minutes, *ends])


def free(
    exam: Movable, needs: Sequence[NeedTask], grid: Grid, calendars: Calendars
) -> dict[int, Sequence[Stretch]]:
    """Return the free units of all that could serve the exam's needs."""
    found: dict[int, Sequence[Stretch]] = {}
    for need in needs:
        for resource in need.resources:
            calendar = calendars.calendar(exam, resource)
            found[resource] = [grid.inwards(one) for one in calendar.free] if calendar else []
    return found


def _option(
    exam: Movable,
    candidate: Candidate,
    grid: Grid,
    calendars: Calendars,
    *,
    kept: Sequence[Interval],
    earliest: datetime,
) -> RoomOption:
    """Return the starts that hours, other bookings, the rules and the patient leave in a room."""
    stay = timedelta(minutes=exam.assessment.plan.room_minutes)
    length = stay + timedelta(minutes=candidate.turnover_minutes)
    calendar = calendars.calendar(exam, candidate.room.id)
    closings = {one.end for one in calendar.usable} if calendar else set()
    allowed = [
        Interval(one.start, one.end - (stay if one.end in closings else length) + UNIT)
        for one in subtract(calendar.free if calendar else (), kept)
    ]
    allowed = [one for one in allowed if one.start < one.end]
    for duty in _duties(exam, candidate, calendars):
        staffed = [Interval(one.start, one.end - stay + UNIT) for one in duty]
        unstaffed = subtract(allowed, [one for one in staffed if one.start < one.end])
        allowed = subtract(allowed, unstaffed)
    closed = _closed_to(exam, grid, calendars, earliest=earliest)
    starts = [grid.inwards(one) for one in subtract(allowed, closed)]
    return RoomOption(
        room=candidate.room.id,
        starts=[one for one in starts if one[0] < one[1]],
        length=-(-length // UNIT),
    )


def _duties(
    exam: Movable, candidate: Candidate, calendars: Calendars
) -> Iterable[Sequence[Interval]]:
    """Return when those of the room's site are at work who have to be while the exam is done."""
    site = candidate.room.resource.site_id
    lines = calendars.lines.items()
    staff = [calendars.calendar(exam, one) for one, line in lines if line.site_id == site]
    return on_duty(exam.assessment.plan, [one for one in staff if one])


def _closed_to(
    exam: Movable, grid: Grid, calendars: Calendars, *, earliest: datetime
) -> list[Interval]:
    """Return when the exam may start in no room: the window, the patient and the rules say so."""
    plan = exam.assessment.plan
    before = timedelta(minutes=max([0, *(-one.offset_minutes for one in plan.needs)]))
    after = timedelta(minutes=plan.minutes_after)
    taken = calendars.patient_taken(exam)
    return [
        Interval(datetime.min.replace(tzinfo=UTC), max(earliest, grid.window.start)),
        Interval(grid.window.end, datetime.max.replace(tzinfo=UTC)),
        *(Interval(one.start - after, one.end + before) for one in taken),
        *(Interval(one.start + UNIT, one.end) for one in exam.assessment.avoided),
        *_not_its_part_of_the_day(exam, grid),
    ]


def _not_its_part_of_the_day(exam: Movable, grid: Grid) -> list[Interval]:
    """Return when the policy lets no such exam start; one that was given such a time keeps it."""
    assessment, window = exam.assessment, grid.window
    day_part = assessment.policy.day_part(exam.priority, exam.patient_class)
    first = window.start.astimezone(assessment.zone).date()
    days = (window.end.astimezone(assessment.zone).date() - first).days + 1
    closed = outside_day_part(day_part, first, assessment.zone, days)
    stays = exam.starts_at is not None and not exam.must_leave
    own = [Interval(exam.starts_at, exam.starts_at + UNIT)] if stays and exam.starts_at else []
    return subtract(closed, own)


def _needs(assessment: Assessment, lines: Mapping[int, Line]) -> list[NeedTask]:
    sites = {one.room.resource.site_id for one in assessment.eligible}
    return [
        NeedTask(
            offset=need.offset_minutes // 5,
            length=_units(need.duration_minutes),
            resources=[
                one
                for one, line in lines.items()
                if line.kind is need.kind and line.site_id in sites
            ],
        )
        for need in assessment.plan.needs
    ]


def _units(minutes: int) -> int:
    return -(-minutes // 5)
