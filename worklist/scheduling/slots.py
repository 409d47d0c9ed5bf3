"""Find the times at which a room, everything else that an exam needs and the patient are free."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from worklist.catalogue.models import Room
from worklist.scheduling.availability import ResourceCalendar
from worklist.scheduling.intervals import Interval, covers, round_up, subtract, union
from worklist.scheduling.phases import ROOM_PHASE, Need, Plan

_A_MINUTE = timedelta(minutes=1)
# Which starts of a room are passed over, see `slots_in_room`.
Skip = Callable[[ResourceCalendar, datetime, datetime], tuple[datetime, bool] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """One resource for one stretch of an exam."""

    resource_id: int
    phase: str
    during: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A room and a time that an exam could have, with all that it would take.

    ``gaps`` are the minutes that the room would stay free just before and just after.
    """

    room_id: int
    room_code: str
    room_name: str
    site_id: int
    zone: ZoneInfo
    starts_at: datetime
    ends_at: datetime
    takings: tuple[Taking, ...]
    gaps: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is free besides the room, and when a rule lets no exam start.

    ``others`` are resources of the same site; no start lies strictly inside ``avoided``.
    """

    others: Sequence[ResourceCalendar]
    patient_taken: Sequence[Interval]
    avoided: Sequence[Interval]


def slots_in_room(
    room: Room,
    calendar: ResourceCalendar,
    plan: Plan,
    surroundings: Surroundings,
    *,
    window: Interval,
    turnover_minutes: int,
    step_minutes: int,
    skip: Skip | None = None,
) -> Iterator[Slot]:
    """Yield every possible slot of a room in order of time.

    Args:
        room: Where.
        calendar: The room's free time, known for some time beyond the window.
        plan: What the exam needs.
        surroundings: What is free besides the room.
        window: The stay in the room starts in it.
        turnover_minutes: How long the room is made ready afterwards; cut short by its closing.
        step_minutes: Starts are multiples of this.
        skip: Asked with each start and the end of the room's time; returns None where the start
            is wanted.
    """
    stay = timedelta(minutes=plan.room_minutes)
    occupied = stay + timedelta(minutes=turnover_minutes)
    step = timedelta(minutes=step_minutes)
    patient_free = subtract(
        [Interval(window.start - timedelta(days=1), window.end + timedelta(days=3))],
        surroundings.patient_taken,
    )
    closings = {one.end for one in calendar.usable}
    duty = on_duty(plan, surroundings.others)
    begin, last = window.start, window.end - _A_MINUTE
    for free in calendar.free:
        if free.end <= begin:
            continue
        latest = min(free.end - (stay if free.end in closings else occupied), last)
        start = round_up(max(free.start, begin), step_minutes)
        while start <= latest:
            passed = skip(calendar, start, min(start + occupied, free.end)) if skip else None
            if passed is not None:
                later, everywhere = passed
                begin = later if everywhere else begin
                start = round_up(later, step_minutes)
                continue
            staffed = all(covers(one, start, start + stay) for one in duty)
            takings = _takings(plan, start, patient_free, surroundings) if staffed else None
            if takings is not None:
                held = Interval(start, min(start + occupied, free.end))
                yield _slot(room, calendar, takings, held=held, ends_at=start + stay, free=free)
            start += step


def _slot(
    room: Room,
    calendar: ResourceCalendar,
    takings: Iterable[Taking],
    *,
    held: Interval,
    ends_at: datetime,
    free: Interval,
) -> Slot:
    """Return a slot in ``free``: the room is ``held`` for the stay until ``ends_at`` and longer."""
    own = Taking(resource_id=calendar.id, phase=ROOM_PHASE, during=held)
    return Slot(
        room_id=calendar.id,
        room_code=calendar.code,
        room_name=room.name,
        site_id=calendar.site_id,
        zone=calendar.zone,
        starts_at=held.start,
        ends_at=ends_at,
        takings=(own, *takings),
        gaps=((held.start - free.start) // _A_MINUTE, (free.end - held.end) // _A_MINUTE),
    )


def on_duty(plan: Plan, others: Iterable[ResourceCalendar]) -> list[list[Interval]]:
    """Return, for each kind that has to be at work, when somebody of the site is.

    A kind of which the site keeps nobody in its catalogue is at hand whenever its rooms are open.
    """
    found = list(others)
    staff = [[one for one in found if one.kind is kind] for kind in plan.on_duty]
    return [union(usable for one in group for usable in one.usable) for group in staff if group]


def _takings(
    plan: Plan,
    start: datetime,
    patient_free: Sequence[Interval],
    surroundings: Surroundings,
) -> list[Taking] | None:
    """Return one free resource for each need, None where one need has none."""
    if any(one.start < start < one.end for one in surroundings.avoided):
        return None
    if not all(covers(patient_free, *interval) for interval in plan.patient_intervals(start)):
        return None
    takings: list[Taking] = []
    for need in plan.needs:
        taking = _taking(need, need.during(start), surroundings.others, takings)
        if taking is None:
            return None
        takings.append(taking)
    return takings


def _taking(
    need: Need, during: Interval, others: Iterable[ResourceCalendar], already: Iterable[Taking]
) -> Taking | None:
    busy = {one.resource_id for one in already if one.during.overlaps(during)}
    for resource in others:
        if (
            resource.kind is need.kind
            and resource.id not in busy
            and covers(resource.free, *during)
        ):
            return Taking(resource_id=resource.id, phase=need.phase, during=during)
    return None
