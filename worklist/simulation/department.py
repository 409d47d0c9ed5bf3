"""A department in memory: the catalogue's rooms, staff, blocks and procedures, what is booked."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from worklist.catalogue import file
from worklist.catalogue.file import CatalogueFile
from worklist.catalogue.models import Resource, ResourceKind, Room, Site
from worklist.catalogue.procedure_entry import procedure_fields
from worklist.catalogue.procedure_file import ProcedureEntry
from worklist.catalogue.procedures import Procedure, ProcedurePhase
from worklist.scheduling.availability import Cause, ResourceCalendar, Taken, Window
from worklist.scheduling.intervals import Interval, WeeklyHours, opening_intervals, subtract
from worklist.scheduling.slots import Slot

_A_DAY = timedelta(days=1)


@dataclass(slots=True)
class _Line:
    """A resource, its hours, and what is booked and closed, both sorted by start.

    ``blocks`` and ``weekly`` are kept for a purpose until a time before they start.
    """

    resource: Resource
    zone: ZoneInfo
    hours: tuple[WeeklyHours, ...]
    holidays: set[date] = field(default_factory=set)
    booked: list[Interval] = field(default_factory=list)
    closed: list[Interval] = field(default_factory=list)
    blocks: list[tuple[Interval, str, timedelta]] = field(default_factory=list)
    weekly: list[tuple[WeeklyHours, str, timedelta]] = field(default_factory=list)

    def opening(self, window: Interval) -> Sequence[Interval]:
        """Return when it is at work within the window."""
        return opening_intervals(self.hours, self.zone, window, self.holidays)

    def kept(self, window: Interval, purposes: Collection[str], now: datetime) -> list[Taken]:
        """Return the blocks for other purposes that are not everybody's yet."""
        around = Interval(window.start - _A_DAY, window.end + _A_DAY)
        of_weeks = (
            (during, purpose, release)
            for line, purpose, release in self.weekly
            for during in opening_intervals([line], self.zone, around)
        )
        return [
            Taken(during, Cause.BLOCKED, purpose)
            for during, purpose, release in (*self.blocks, *of_weeks)
            if purpose not in purposes and during.start - release > now
        ]


class Department:
    """Rooms, staff and bays with their calendars, and the procedures, from catalogue files."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.rooms: list[Room] = []
        self.procedures: dict[str, Procedure] = {}
        self._lines: dict[int, _Line] = {}
        self._patients: dict[int, list[Interval]] = defaultdict(list)
        for path in paths:
            self._add(file.read(path))

    def _add(self, content: CatalogueFile) -> None:
        sites = {
            entry.code: Site(id=number, **entry.model_dump())
            for number, entry in enumerate(content.sites, start=1)
        }
        for room in content.rooms:
            resource = self._add_resource(content, room, ResourceKind.ROOM, sites)
            columns = room.columns() | {"display_order": len(self.rooms)}
            self.rooms.append(Room(id=resource.id, resource=resource, **columns))
        for other in content.resources:
            self._add_resource(content, other, other.kind, sites)
        for entry in content.procedures:
            self.procedures[entry.code] = _procedure(entry, content)
        self._add_calendar(content)

    def _add_calendar(self, content: CatalogueFile) -> None:
        """Close, keep and observe what the file says; its resources may be another file's."""
        lines = {line.resource.code: line for line in self._lines.values()}
        for closure in content.closures:
            insort(lines[closure.resource].closed, _interval(closure.starts, closure.ends))
        for block in content.blocks:
            kept = (_interval(block.starts, block.ends), block.purpose, _hours(block.release_hours))
            lines[block.resource].blocks.append(kept)
        for weekly in content.weekly_blocks:
            lines[weekly.resource].weekly += [
                (
                    WeeklyHours(
                        day, weekly.starts, weekly.ends, weekly.valid_from, weekly.valid_until
                    ),
                    weekly.purpose,
                    _hours(weekly.release_hours),
                )
                for day in weekly.days
            ]
        for holiday in content.holidays:
            for line in lines.values():
                if line.resource.site.code == holiday.site:
                    line.holidays.add(holiday.day)

    def _add_resource(
        self,
        content: CatalogueFile,
        entry: file.RoomEntry | file.ResourceEntry,
        kind: ResourceKind,
        sites: dict[str, Site],
    ) -> Resource:
        site = sites[entry.site]
        resource = Resource(
            id=len(self._lines) + 1,
            code=entry.code,
            name=entry.name,
            kind=kind,
            site_id=site.id,
            site=site,
            active=True,
        )
        hours = tuple(
            WeeklyHours(day, line.opens, line.closes, line.valid_from, line.valid_until)
            for line in content.hours[entry.hours]
            for day in line.days
        )
        self._lines[resource.id] = _Line(resource, ZoneInfo(site.time_zone), hours)
        return resource

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the first room's site."""
        return ZoneInfo(self.rooms[0].resource.site.time_zone)

    @property
    def resources(self) -> Mapping[int, Resource]:
        """Rooms, bays and staff by id."""
        return {key: line.resource for key, line in self._lines.items()}

    @property
    def sites(self) -> Mapping[str, int]:
        """The sites that have rooms, by code."""
        return {room.resource.site.code: room.resource.site_id for room in self.rooms}

    def patient_taken(self, patient: int, window: Interval) -> list[Interval]:
        """Return when the patient is busy within the window."""
        return _overlapping(self._patients[patient], window)

    def rooms_of(self, modality: str) -> list[Room]:
        """Return the rooms of a modality."""
        return [room for room in self.rooms if modality in room.modalities]

    def take(self, slot: Slot, patient: int, intervals: Sequence[Interval]) -> None:
        """Book a slot with all that it takes, and the patient."""
        for taking in slot.takings:
            insort(self._lines[taking.resource_id].booked, taking.during)
        for interval in intervals:
            insort(self._patients[patient], interval)

    def give_back(self, slot: Slot, patient: int, intervals: Sequence[Interval]) -> None:
        """Undo `take`."""
        for taking in slot.takings:
            self._lines[taking.resource_id].booked.remove(taking.during)
        for interval in intervals:
            self._patients[patient].remove(interval)

    def close(self, room_id: int, during: Interval) -> None:
        """Close a room."""
        insort(self._lines[room_id].closed, during)

    def opening(self, resource_id: int, window: Interval) -> Sequence[Interval]:
        """Return when a resource is staffed within the window."""
        return self._lines[resource_id].opening(window)

    def seen_by(
        self,
        patient: int,
        kinds: Iterable[ResourceKind],
        rooms: Iterable[int],
        *,
        purposes: Collection[str] = (),
        now: datetime,
    ) -> "View":
        """Return the calendar as a search for one exam reads it; ``purposes`` are open to it."""
        wanted, ids = set(kinds), set(rooms)
        lines = [
            line for key, line in self._lines.items() if key in ids or line.resource.kind in wanted
        ]
        return View(lines, self._patients[patient], purposes, now)


class View:
    """The calendars of some resources and one patient."""

    def __init__(
        self,
        lines: Sequence[_Line],
        patient: Sequence[Interval],
        purposes: Collection[str],
        now: datetime,
    ) -> None:
        self._lines = lines
        self._patient = patient
        self._purposes = purposes
        self._now = now

    def within(self, window: Interval) -> Window:
        """Return what is free within the window."""
        return Window(
            {
                line.resource.id: _calendar(line, window, self._purposes, self._now)
                for line in self._lines
            },
            tuple(_overlapping(self._patient, window)),
        )


def _procedure(entry: ProcedureEntry, content: CatalogueFile) -> Procedure:
    procedure = Procedure(**procedure_fields(entry, content.preparations))
    procedure.phases = [
        ProcedurePhase(
            name=phase.name,
            resource_kind=phase.kind,
            offset_minutes=phase.offset,
            duration_minutes=phase.minutes,
            patient_present=phase.patient_present,
        )
        for phase in entry.phases
    ]
    return procedure


def _calendar(
    line: _Line, window: Interval, purposes: Collection[str], now: datetime
) -> ResourceCalendar:
    closed = [Taken(one, Cause.CLOSED) for one in line.closed if one.overlaps(window)]
    taken = [*closed, *line.kept(window, purposes, now)]
    booked = _overlapping(line.booked, window)
    usable = subtract(line.opening(window), [one.during for one in taken])
    return ResourceCalendar(
        line.resource.id,
        line.resource.code,
        line.resource.kind,
        line.resource.site_id,
        line.zone,
        tuple(subtract(usable, booked)),
        tuple(usable),
        tuple(taken),
    )


def _interval(starts: datetime, ends: datetime) -> Interval:
    return Interval(starts.astimezone(UTC), ends.astimezone(UTC))


def _hours(number: int) -> timedelta:
    return timedelta(hours=number)


def _overlapping(intervals: Sequence[Interval], window: Interval) -> list[Interval]:
    """Return those of the sorted intervals that overlap; none is longer than two days."""
    first = bisect_left(intervals, Interval(window.start - 2 * _A_DAY, _LATEST))
    last = bisect_left(intervals, Interval(window.end, _LATEST))
    return [one for one in intervals[first:last] if one.end > window.start]


_LATEST = datetime.max.replace(tzinfo=UTC)
