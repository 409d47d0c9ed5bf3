"""Walk through the slots of several rooms in order of time, reading the calendar as needed."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from heapq import merge
from typing import Protocol

from sqlalchemy.orm import Session

from worklist.catalogue.models import ResourceKind
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.scheduling.assessment import Assessment
from worklist.scheduling.availability import Availability, Window
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.intervals import Interval
from worklist.scheduling.purposes import open_purposes
from worklist.scheduling.slots import Skip, Slot, Surroundings, slots_in_room
from worklist.scheduling.stretches import Stretches

# One read covers about this many days of one room: few queries when rooms are full, few rows when
# they are not.
_ROOM_DAYS_A_READ = 72
_SHORTEST_READ = timedelta(days=2)
_LONGEST_READ = timedelta(days=32)


class Calendar(Protocol):
    """Whatever knows what is free: the database, or a simulation's memory."""

    def within(self, window: Interval) -> Window:
        """Return what is free within the window."""


class Walk:
    """The slots of some rooms for one exam.

    ``windows`` are the parts of the calendar read so far, to explain what stood in the way.
    """

    def __init__(
        self, calendar: Calendar, assessment: Assessment, rooms: Sequence[Candidate]
    ) -> None:
        self._calendar = calendar
        self._assessment = assessment
        self._rooms = rooms
        self.windows: list[Window] = []
        self._stretches: dict[int, Stretches] = {}
        self._places = {one.room.id: place for place, one in enumerate(assessment.candidates)}

    def slots(
        self, starts: Interval, *, step_minutes: int, skip: Skip | None = None
    ) -> Iterator[Slot]:
        """Yield the slots whose stay in a room starts within ``starts``, in order of time.

        ``skip`` passes over starts that are not wanted; see `slots_in_room`.
        """
        for part in self._parts(starts):
            yield from merge(
                *self._streams(part, step_minutes, skip),
                key=lambda slot: (slot.starts_at, slot.room_code),
            )

    def stretches(self, room_id: int) -> Stretches:
        """Return how full the room is in the part of the calendar that the walk is in."""
        if room_id not in self._stretches:
            calendar = self.windows[-1].resources[room_id]
            self._stretches[room_id] = Stretches(
                calendar.usable,
                calendar.free,
                place=self._places[room_id],
                hours=self._assessment.policy.kept_hours,
            )
        return self._stretches[room_id]

    def _parts(self, starts: Interval) -> Iterator[Interval]:
        length = timedelta(days=_ROOM_DAYS_A_READ // max(1, len(self._rooms)))
        length = min(max(length, _SHORTEST_READ), _LONGEST_READ)
        start = starts.start
        while self._rooms and start < starts.end:
            end = min(_midnight(start + length), starts.end)
            yield Interval(start, end)
            start, length = end, min(2 * length, _LONGEST_READ)

    def _streams(
        self, starts: Interval, step_minutes: int, skip: Skip | None
    ) -> list[Iterator[Slot]]:
        plan = self._assessment.plan
        longest_turnover = max(one.turnover_minutes for one in self._rooms)
        window = self._calendar.within(
            Interval(
                min(_midnight(starts.start), starts.start - timedelta(minutes=plan.minutes_before)),
                starts.end + timedelta(minutes=plan.minutes_after + longest_turnover),
            )
        )
        self.windows.append(window)
        self._stretches.clear()
        return [
            slots_in_room(
                one.room,
                window.resources[one.room.id],
                plan,
                self._surroundings(window, one.room.resource.site_id),
                window=starts,
                turnover_minutes=one.turnover_minutes,
                step_minutes=step_minutes,
                skip=skip,
            )
            for one in self._rooms
            if one.room.id in window.resources
        ]

    def _surroundings(self, window: Window, site_id: int) -> Surroundings:
        others = [
            one
            for one in window.resources.values()
            if one.site_id == site_id and one.kind is not ResourceKind.ROOM
        ]
        return Surroundings(others, window.patient_taken, self._assessment.avoided)


def booked_walk(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    rooms: Sequence[Candidate],
    *,
    now: datetime,
) -> Walk:
    """Return a walk through the real calendar; the exam itself stands in nobody's way."""
    return Walk(_availability(session, exam, assessment, rooms, now=now), assessment, rooms)


def booked_window(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    stretch: Interval,
    *,
    now: datetime,
) -> Window:
    """Read what the exam's rooms and all else that it needs have free, of whole days at first."""
    before = stretch.start - timedelta(minutes=assessment.plan.minutes_before)
    begin = min(_midnight(stretch.start), before)
    calendar = _availability(session, exam, assessment, assessment.eligible, now=now)
    return calendar.within(Interval(begin, stretch.end))


def _availability(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    rooms: Sequence[Candidate],
    *,
    now: datetime,
) -> Availability:
    return Availability(
        session,
        [*(one.room.id for one in rooms), *_other_resource_ids(assessment, rooms)],
        patient_id=exam.patient_id,
        now=now,
        purposes=purposes(exam.order, screening=assessment.exam.screening),
        ignored=[exam.id],
        lines=assessment.lines,
    )


def _midnight(moment: datetime) -> datetime:
    """Return the start of the UTC day: parts end there, so that each holds whole days."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def purposes(order: ImagingServiceRequest, *, screening: bool) -> frozenset[str]:
    """Return the blocks' purposes that are open to an exam of the order."""
    referrers = (order.ordering_physician, order.referring_physician)
    return open_purposes(
        order.patient_class, order.priority, screening=screening, referrers=referrers
    )


def _other_resource_ids(assessment: Assessment, rooms: Sequence[Candidate]) -> list[int]:
    kinds = {need.kind for need in assessment.plan.needs} | assessment.plan.on_duty
    sites = {one.room.resource.site_id for one in rooms}
    lines = assessment.lines.values()
    return [one.id for one in lines if one.kind in kinds and one.site_id in sites]
