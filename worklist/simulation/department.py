"""A department in memory: the catalogue's rooms, staff and procedures, and what is booked."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from worklist.catalogue import file
from worklist.catalogue.file import CatalogueFile
from worklist.catalogue.models import Resource, ResourceKind, Room, Site
from worklist.catalogue.procedure_entry import procedure_fields
from worklist.catalogue.procedures import Procedure, ProcedurePhase
from worklist.scheduling.availability import Cause, ResourceCalendar, Taken, Window
from worklist.scheduling.intervals import Interval, WeeklyHours, opening_intervals, subtract
from worklist.scheduling.slots import Slot

_A_DAY = timedelta(days=1)


@dataclass(slots=True)
class _Line:
    """A resource, its hours, and what is booked and closed, both sorted by start."""

    resource: Resource
    zone: ZoneInfo
    hours: tuple[WeeklyHours, ...]
    booked: list[Interval] = field(default_factory=list)
    closed: list[Interval] = field(default_factory=list)


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
            self.rooms.append(
                Room(
                    id=resource.id,
                    modalities=list(room.modalities),
                    capabilities=list(room.capabilities),
                    table_limit_kg=room.table_limit_kg,
                    field_strength_tesla=room.field_strength_tesla,
                    bore_cm=room.bore_cm,
                    turnover_minutes=room.turnover_minutes,
                    dose_rank=room.dose_rank,
                    display_order=len(self.rooms),
                    resource=resource,
                )
            )
        for other in content.resources:
            self._add_resource(content, other, other.kind, sites)
        for entry in content.procedures:
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
            self.procedures[entry.code] = procedure

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

    def opening(self, resource_id: int, window: Interval) -> list[Interval]:
        """Return when a resource is staffed within the window."""
        line = self._lines[resource_id]
        return opening_intervals(line.hours, line.zone, window)

    def seen_by(self, patient: int, kinds: Iterable[ResourceKind], rooms: Iterable[int]) -> "View":
        """Return the calendar as a search for one exam reads it."""
        wanted, ids = set(kinds), set(rooms)
        lines = [
            line for key, line in self._lines.items() if key in ids or line.resource.kind in wanted
        ]
        return View(lines, self._patients[patient])


class View:
    """The calendars of some resources and one patient."""

    def __init__(self, lines: Sequence[_Line], patient: Sequence[Interval]) -> None:
        self._lines = lines
        self._patient = patient

    def within(self, window: Interval) -> Window:
        """Return what is free within the window."""
        return Window(
            {line.resource.id: _calendar(line, window) for line in self._lines},
            tuple(_overlapping(self._patient, window)),
        )


def _calendar(line: _Line, window: Interval) -> ResourceCalendar:
    closed = _overlapping(line.closed, window)
    booked = _overlapping(line.booked, window)
    usable = subtract(opening_intervals(line.hours, line.zone, window), closed)
    return ResourceCalendar(
        line.resource.id,
        line.resource.code,
        line.resource.kind,
        line.resource.site_id,
        line.zone,
        tuple(subtract(usable, booked)),
        tuple(usable),
        tuple(Taken(one, Cause.CLOSED) for one in closed),
    )


def _overlapping(intervals: Sequence[Interval], window: Interval) -> list[Interval]:
    """Return those of the sorted intervals that overlap; none is longer than two days."""
    first = bisect_left(intervals, Interval(window.start - 2 * _A_DAY, _LATEST))
    last = bisect_left(intervals, Interval(window.end, _LATEST))
    return [one for one in intervals[first:last] if one.end > window.start]


_LATEST = datetime.max.replace(tzinfo=UTC)
