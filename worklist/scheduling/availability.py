"""When resources and the patient are free: hours less closures, blocks and reservations."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, BigInteger, Date, DateTime, Integer, Text, bindparam, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from worklist.catalogue.models import ResourceKind
from worklist.scheduling.intervals import Interval, opening_intervals, subtract, without
from worklist.scheduling.standing import Line, read_standing


class Cause(StrEnum):
    """Why a resource is not to be had."""

    CLOSED = "closed"
    BLOCKED = "blocked"
    HOLIDAY = "holiday"


class Taken(NamedTuple):
    """A stretch in which nothing can be booked, or other hours hold.

    ``text`` is the closure's reason, the block's purpose or the holiday's name.
    """

    during: Interval
    cause: Cause
    text: str = ""


_CAUSES = {one.value: one for one in Cause}
_BOOKED, _PATIENT = "booked", "patient"
_SHUT = frozenset({Cause.CLOSED, Cause.BLOCKED})


@dataclass(frozen=True, slots=True)
class ResourceCalendar:
    """One resource within a window: its free time, sorted, and what took the rest.

    ``opening`` are its hours, those of holidays on holidays; ``usable`` is what closures and the
    blocks that are not for the exam leave of them. ``booked`` are sorted stretches of other exams.
    """

    id: int
    code: str
    kind: ResourceKind
    site_id: int
    zone: ZoneInfo
    free: tuple[Interval, ...]
    usable: tuple[Interval, ...]
    taken: tuple[Taken, ...]
    opening: tuple[Interval, ...] = ()
    booked: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """What is free within a window: every resource by id, and the patient's other exams."""

    resources: dict[int, ResourceCalendar]
    patient_taken: tuple[Interval, ...]


# Each index is entered once a resource (LATERAL): cost does not grow with the past or with other
# rooms' bookings. Bookings that follow each other come back as one stretch, in order of time. Of
# those that began before the window only the last can reach into it, since no two of a resource
# overlap. Connections give times in UTC.
_TAKEN = text("""
SELECT wanted, 'booked' AS cause, '' AS text, lower(stretch) AS starts, upper(stretch) AS ends
FROM unnest(ARRAY(SELECT unnest(:resources))) AS wanted, LATERAL (
    SELECT unnest(range_agg(during)) AS stretch FROM reservations
    WHERE resource_id = wanted AND lower(during) < :end AND upper(during) > :start
    AND lower(during) >= coalesce(
        (SELECT max(lower(during)) FROM reservations
         WHERE resource_id = wanted AND lower(during) <= :start), :start)
    AND exam_id <> ALL(:ignored)
) AS booked
UNION ALL
SELECT 0, 'patient', '', lower(during), upper(during) FROM reservations
WHERE patient_id = :patient AND during && tstzrange(:start, :end) AND exam_id <> ALL(:ignored)
UNION ALL
SELECT wanted, 'closed', reason, lower(during), upper(during)
FROM unnest(ARRAY(SELECT unnest(:resources))) AS wanted, LATERAL (
    SELECT during, reason FROM closures
    WHERE resource_id = wanted AND during && tstzrange(:start, :end)
) AS closed
UNION ALL
SELECT wanted, 'blocked', purpose, lower(during), upper(during)
FROM unnest(ARRAY(SELECT unnest(:resources))) AS wanted, LATERAL (
    SELECT during, purpose FROM blocks
    WHERE resource_id = wanted AND during && tstzrange(:start, :end)
    AND NOT purpose = ANY(:purposes)
    AND lower(during) - release_hours * interval '1 hour' > :now
) AS blocked
UNION ALL
SELECT wanted, 'blocked', purpose, starts_at, ends_at
FROM unnest(ARRAY(SELECT unnest(:resources))) AS wanted, LATERAL (
    SELECT purpose, release_hours, (day + starts) AT TIME ZONE time_zone AS starts_at,
        (day + (ends = '00:00')::int + ends) AT TIME ZONE time_zone AS ends_at
    FROM weekly_blocks JOIN resources ON resources.id = resource_id
        JOIN sites ON sites.id = site_id,
        (SELECT :day + number AS day FROM generate_series(0, :days) AS number) AS days
    WHERE resource_id = wanted AND NOT purpose = ANY(:purposes)
        AND extract(isodow FROM day) = weekday AND day >= coalesce(valid_from, day)
        AND day <= coalesce(valid_until, day)
) AS weekly
WHERE starts_at < :end AND ends_at > :start AND starts_at - release_hours * interval '1 hour' > :now
UNION ALL
SELECT resources.id, 'holiday', public_holidays.name, day::timestamp AT TIME ZONE time_zone,
    (day + 1)::timestamp AT TIME ZONE time_zone
FROM public_holidays JOIN sites ON sites.id = site_id
    JOIN resources ON resources.site_id = sites.id
WHERE resources.id = ANY(ARRAY(SELECT unnest(:resources))) AND day BETWEEN :day AND :day + :days
""").bindparams(
    bindparam("resources", type_=ARRAY(BigInteger)),
    bindparam("patient", type_=BigInteger),
    bindparam("ignored", type_=ARRAY(BigInteger)),
    bindparam("start", type_=DateTime(timezone=True)),
    bindparam("end", type_=DateTime(timezone=True)),
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("purposes", type_=ARRAY(Text)),
    bindparam("day", type_=Date),
    bindparam("days", type_=Integer),
)


class Availability:
    """Reads what some resources and one patient have free, window by window.

    Args:
        session: One query for each window.
        resource_ids: Which resources; one that is out of use or unknown is left out.
        patient_id: Whose other exams stand in the way.
        now: Blocks whose release time has come are open to all.
        purposes: Blocks for these purposes are open to the exam.
        ignored: Exams that are being moved do not stand in the way.
        lines: The resources in use, where the caller has read them already.
    """

    def __init__(
        self,
        session: Session,
        resource_ids: Collection[int],
        *,
        patient_id: int,
        now: datetime,
        purposes: frozenset[str],
        ignored: Sequence[int],
        lines: Mapping[int, Line] | None = None,
    ) -> None:
        self._session = session
        known, wanted = lines or read_standing(session).lines, set(resource_ids)
        self._lines = {key: line for key, line in known.items() if key in wanted}
        self._values = {
            "resources": list(self._lines),
            "patient": patient_id,
            "ignored": list(ignored),
            "now": now,
            "purposes": sorted(purposes),
        }

    def within(self, window: Interval) -> Window:
        """Return what is free within the window."""
        patient: list[Interval] = []
        booked: dict[int, list[Interval]] = defaultdict(list)
        taken: dict[int, list[Taken]] = defaultdict(list)
        rows = self._session.execute(
            _TAKEN,
            self._values
            | {
                "start": window.start,
                "end": window.end,
                "day": window.start.date() - timedelta(days=1),
                "days": (window.end - window.start).days + 3,
            },
        ).all()
        for resource_id, cause, words, starts, ends in rows:
            during = Interval(starts, ends)
            if cause == _BOOKED:
                booked[resource_id].append(during)
            elif cause == _PATIENT:
                patient.append(during)
            else:
                taken[resource_id].append(Taken(during, _CAUSES[cause], words))
        calendars = (
            _calendar(line, taken[line.id], booked[line.id], window)
            for line in self._lines.values()
        )
        return Window({one.id: one for one in calendars}, tuple(patient))


def as_range(interval: Interval) -> Range[datetime]:
    """Return the half-open PostgreSQL range of an interval."""
    return Range(interval.start, interval.end, bounds="[)")


def _calendar(
    line: Line, taken: Sequence[Taken], booked: Sequence[Interval], window: Interval
) -> ResourceCalendar:
    holidays = {
        one.during.start.astimezone(line.zone).date() for one in taken if one.cause is Cause.HOLIDAY
    }
    opening = opening_intervals(line.hours, line.zone, window, frozenset(holidays))
    shut = [one.during for one in taken if one.cause in _SHUT]
    usable = tuple(subtract(opening, shut)) if shut else opening
    return ResourceCalendar(
        line.id,
        line.code,
        line.kind,
        line.site_id,
        line.zone,
        tuple(without(usable, booked)),
        usable,
        tuple(taken),
        opening,
        tuple(booked),
    )
