"""Slot (R4 section 12.10): a stretch of a room's time, computed when it is asked for."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.catalogue.models import Room
from worklist.fhir.asked import Asked, Query
from worklist.fhir.bundles import counted, searchset
from worklist.fhir.dates import period
from worklist.fhir.elements import Json, instant, reference, with_meta
from worklist.fhir.errors import invalid, not_found, unknown_parameter
from worklist.fhir.parameters import never, row_id, split_values, token
from worklist.fhir.schedules import SCHEDULE, room_by_code
from worklist.fhir.slot_names import parse_slot_id, slot_id
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNPLACED
from worklist.scheduling.availability import Availability
from worklist.scheduling.intervals import Interval
from worklist.scheduling.search import find_slots

# What Slots are searched by; ``service-request`` is our own.
PARAMETERS = {
    "schedule": "reference",
    "service-request": "reference",
    "start": "date",
    "status": "token",
}
INCLUDE = "Slot:schedule"
_LONGEST_WINDOW = timedelta(days=31)
_MOST_SLOTS = 50
# More are looked for than a page has, so that it is known whether, and when, others follow.
_MOST_FOUND = 3 * _MOST_SLOTS
_STATUSES = frozenset({"free", "busy"})


def read_slot(session: Session, identifier_: str, *, now: datetime) -> Json:
    """Return a stretch of a room's time: free if all of it is free now.

    Raises:
        FhirError: the id is none, or the room does not exist.
    """
    name = parse_slot_id(identifier_)
    room = room_by_code(session, name.room)
    window = Interval(name.starts_at, name.ends_at)
    free = _free(session, room, window, now=now)
    is_free = any(one.start <= window.start and window.end <= one.end for one in free)
    return with_meta(_slot(room.code, window, is_free=is_free), None)


def search_slots(session: Session, asked: Asked, *, now: datetime) -> Json:
    """Return Slots: of one room (``schedule`` and ``start``), or those an exam fits into.

    ``service-request`` (our own parameter) names a ServiceRequest: then only starts at which its
    exam can be booked are given, in the order of time, with all rules applied.

    Raises:
        FhirError: a parameter is missing, unknown or cannot be read.
    """
    values = _filters(asked)
    window = _window(asked.filters, now)
    if "service-request" in values:
        slots = _slots_of_request(session, values, window, now=now)
    elif "schedule" in values:
        slots = _slots_of_room(session, values["schedule"], window, now=now)
    else:
        raise invalid(_("Search Slot by schedule (Schedule/CT01) or by service-request."))
    wanted = _wanted_statuses(values)
    fitting = [one for one in slots if one["status"] in wanted]
    if asked.only_count:
        return counted(asked, len(fitting))
    shown, following = _page(fitting, min(asked.count, _MOST_SLOTS))
    rooms = {one["schedule"]["reference"].rpartition("/")[2] for one in shown}
    return searchset(
        asked,
        [with_meta(one, None) for one in shown],
        included=SCHEDULE.resources_of(session, sorted(rooms)) if asked.includes else [],
        following=_rest(asked, following, window) if following else None,
        total=len(fitting) if asked.total else None,
    )


def _filters(asked: Asked) -> dict[str, str]:
    """Return the value of each filter.

    Raises:
        FhirError: one is unknown, given twice, or asks for what is not done with Slots.
    """
    values = dict(asked.filters)
    if unknown := next((name for name in values if name not in PARAMETERS), None):
        raise unknown_parameter("Slot", unknown, PARAMETERS)
    if len([name for name, _value in asked.filters if name != "start"]) > len(
        values.keys() - {"start"}
    ):
        raise invalid(_("Of Slot's parameters only start may be given more than once."))
    if asked.sort not in {"", "start"} or set(asked.includes) - {INCLUDE}:
        raise invalid(
            _("Slots are sorted by start; %(include)s is what _include may name.", include=INCLUDE)
        )
    if (asked.only_count or asked.total) and "service-request" in values:
        raise invalid(_("The Slots of a service-request are not counted: take the first pages."))
    return values


def _wanted_statuses(values: dict[str, str]) -> set[str]:
    given = split_values("status", values.get("status", "free,busy"))
    wanted = {token(one).code for one in given}
    if unknown := wanted - _STATUSES:
        raise never("status", ", ".join(sorted(unknown)), sorted(_STATUSES))
    return wanted


def _rest(asked: Asked, following: str, window: Interval) -> str:
    """Return the address of the Slots that begin at ``following`` or later."""
    others = [pair for pair in asked.query if pair[0] != "start"]
    bounds = [("start", f"ge{following}"), ("start", f"lt{window.end.isoformat()}")]
    return asked.located([*others, *bounds])


def _page(slots: list[Json], count: int) -> tuple[list[Json], str | None]:
    """Return the first slots and when those of the next page begin; None on the last page.

    Slots of several rooms that begin together stay together, so a page may have more of them.
    """
    if len(slots) <= count:
        return slots, None
    last = slots[count - 1]["start"]
    later = next((at for at, one in enumerate(slots) if one["start"] > last), None)
    if later is None:
        return slots, None
    return slots[:later], str(slots[later]["start"])


def _slots_of_request(
    session: Session, values: dict[str, str], window: Interval, *, now: datetime
) -> list[Json]:
    requested_id = row_id("ServiceRequest", values["service-request"])
    exams = session.scalars(
        select(ScheduledProcedureStep).where(
            ScheduledProcedureStep.requested_procedure_id == requested_id
        )
    ).all()
    if not exams:
        raise not_found("ServiceRequest", str(requested_id))
    open_ones = [exam for exam in exams if exam.status in UNPLACED] or exams
    room_id = None
    if "schedule" in values:
        room_id = room_by_code(session, values["schedule"].rpartition("/")[2]).id
    found = find_slots(
        session,
        open_ones[0],
        now=now,
        from_=window.start,
        until=window.end,
        room_id=room_id,
        limit=_MOST_FOUND,
    )
    return [
        _slot(one.room_code, Interval(one.starts_at, one.ends_at), is_free=True) for one in found
    ]


def _slots_of_room(
    session: Session, schedule: str, window: Interval, *, now: datetime
) -> list[Json]:
    room = room_by_code(session, schedule.rpartition("/")[2])
    slots: list[Json] = []
    at = window.start
    for free in _free(session, room, window, now=now):
        if at < free.start:
            slots.append(_slot(room.code, Interval(at, free.start), is_free=False))
        slots.append(_slot(room.code, free, is_free=True))
        at = free.end
    if at < window.end:
        slots.append(_slot(room.code, Interval(at, window.end), is_free=False))
    return slots


def _free(session: Session, room: Room, window: Interval, *, now: datetime) -> list[Interval]:
    """Return what is neither closed, blocked nor booked, whoever the patient is."""
    availability = Availability(
        session, [room.id], patient_id=0, now=now, purposes=frozenset(), ignored=()
    )
    calendar = availability.within(window).resources.get(room.id)
    return list(calendar.free) if calendar else []


def _window(query: Query, now: datetime) -> Interval:
    """Read ``start``: from ``ge`` up to ``lt``, by default the day from now on."""
    start, end = now, None
    for name, value in query:
        if name != "start":
            continue
        prefix, first, last = period(value)
        if prefix == "ne":
            raise invalid(_("start cannot be asked for with ne."))
        if prefix in {"ge", "gt", "sa", "eq"}:
            start = last if prefix in {"gt", "sa"} else first
        if prefix in {"le", "lt", "eb", "eq"}:
            end = first if prefix in {"lt", "eb"} else last
    end = end or start + timedelta(days=1)
    if end <= start or end - start > _LONGEST_WINDOW:
        raise invalid(
            _(
                "The start parameters must span up to %(number)s days.",
                number=_LONGEST_WINDOW.days,
            )
        )
    return Interval(start, end)


def _slot(room: str, during: Interval, *, is_free: bool) -> Json:
    return {
        "resourceType": "Slot",
        "id": slot_id(room, during.start, during.end),
        "schedule": reference("Schedule", room),
        "status": "free" if is_free else "busy",
        "start": instant(during.start),
        "end": instant(during.end),
    }
