"""Find the times at which a room, everything else that an exam needs and the patient are free."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from worklist.catalogue.models import Room
from worklist.scheduling.availability import ResourceCalendar
from worklist.scheduling.intervals import Interval, covers, round_up, subtract
from worklist.scheduling.phases import ROOM_PHASE, Need, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """One resource for one stretch of an exam."""

    resource_id: int
    phase: str
    during: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A room and a time that an exam could have, with all that it would take."""

    room_id: int
    room_code: str
    room_name: str
    starts_at: datetime
    ends_at: datetime
    takings: tuple[Taking, ...]


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
    step_minutes: int,
) -> Iterator[Slot]:
    """Yield every possible slot of a room in order of time.

    Args:
        room: Where.
        calendar: The room's free time.
        plan: What the exam needs.
        surroundings: What is free besides the room.
        window: The exam's first phase begins in it, and the stay in the room ends in it.
        step_minutes: Starts are multiples of this.
    """
    stay = timedelta(minutes=plan.room_minutes)
    occupied = stay + timedelta(minutes=room.turnover_minutes)
    step = timedelta(minutes=step_minutes)
    first = window.start + timedelta(minutes=plan.minutes_before)
    patient_free = subtract(
        [Interval(window.start, window.end + timedelta(days=1))], surroundings.patient_taken
    )
    for free in calendar.free:
        start = round_up(max(free.start, first), step_minutes)
        while start + stay <= min(free.end, window.end):
            end = min(start + occupied, free.end)
            takings = _takings(plan, start, patient_free, surroundings.others)
            avoided = any(one.start < start < one.end for one in surroundings.avoided)
            if takings is not None and not avoided:
                own = Taking(resource_id=calendar.id, phase=ROOM_PHASE, during=Interval(start, end))
                yield Slot(
                    room_id=calendar.id,
                    room_code=calendar.code,
                    room_name=room.name,
                    starts_at=start,
                    ends_at=start + stay,
                    takings=(own, *takings),
                )
            start += step


def _takings(
    plan: Plan,
    start: datetime,
    patient_free: Sequence[Interval],
    others: Sequence[ResourceCalendar],
) -> list[Taking] | None:
    """Return one free resource for each need, None where one need has none."""
    if not all(covers(patient_free, *interval) for interval in plan.patient_intervals(start)):
        return None
    takings: list[Taking] = []
    for need in plan.needs:
        taking = _taking(need, need.during(start), others, takings)
        if taking is None:
            return None
        takings.append(taking)
    return takings


def _taking(
    need: Need, during: Interval, others: Iterable[ResourceCalendar], already: Iterable[Taking]
) -> Taking | None:
    busy = {
        one.resource_id
        for one in already
        if one.during.start < during.end and during.start < one.during.end
    }
    for resource in others:
        if (
            resource.kind is need.kind
            and resource.id not in busy
            and covers(resource.free, *during)
        ):
            return Taking(resource_id=resource.id, phase=need.phase, during=during)
    return None
