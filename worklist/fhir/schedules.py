"""Schedule (R4 section 12.9): a room; Slot (section 12.10): a stretch of its time.

A Slot is computed, not stored: its id names room, start and minutes, as ``CT01-20261126T0800Z-15``.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import false, select
from sqlalchemy.orm import Session, joinedload

from worklist.catalogue.models import Resource, Room
from worklist.fhir.elements import (
    DICOM_MODALITY,
    ROOM,
    Json,
    concept,
    identifier,
    instant,
    reference,
    without_empty,
)
from worklist.fhir.errors import invalid, not_found, unknown_parameter
from worklist.fhir.parameters import period, row_id, token
from worklist.fhir.search import bundle, counted, located, paging, replaced
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNPLACED
from worklist.scheduling.availability import Availability
from worklist.scheduling.intervals import Interval
from worklist.scheduling.search import find_slots

_FORMAT = "%Y%m%dT%H%MZ"
_LONGEST_WINDOW = timedelta(days=31)
_MOST_SLOTS = 50
# More are looked for than a page has, so that it is known whether, and when, others follow.
_MOST_FOUND = 3 * _MOST_SLOTS
_SLOT_STATUSES = frozenset({"free", "busy"})

Query = Sequence[tuple[str, str]]


class SlotName(NamedTuple):
    """What the id of a Slot says; times are UTC."""

    room: str
    starts_at: datetime
    ends_at: datetime


def slot_id(room: str, starts_at: datetime, ends_at: datetime) -> str:
    """Return the id of a stretch of a room's time."""
    minutes = round((ends_at - starts_at).total_seconds() / 60)
    return f"{room}-{starts_at.astimezone(UTC).strftime(_FORMAT)}-{minutes}"


def parse_slot_id(text: str) -> SlotName:
    """Read the id of a Slot.

    Raises:
        FhirError: it is none.
    """
    room, _, rest = text.rpartition("-")[0].rpartition("-")
    minutes = text.rpartition("-")[2]
    try:
        starts_at = datetime.strptime(rest, _FORMAT).replace(tzinfo=UTC)
        length = timedelta(minutes=int(minutes))
        ends_at = starts_at + length
    except (ValueError, OverflowError) as error:
        raise not_found("Slot", text) from error
    if not room or length <= timedelta(0):
        raise not_found("Slot", text)
    return SlotName(room, starts_at, ends_at)


def room_by_code(session: Session, code: str) -> Room:
    """Return a room in use.

    Raises:
        FhirError: there is none with this code.
    """
    room = session.scalar(
        select(Room)
        .join(Room.resource)
        .where(Resource.code == code, Resource.active)
        .options(joinedload(Room.resource).joinedload(Resource.site))
    )
    if room is None:
        raise not_found("Schedule", code)
    return room


def read_schedule(session: Session, code: str) -> Json:
    """Return the Schedule of a room.

    Raises:
        FhirError: there is no such room in use.
    """
    return _schedule(room_by_code(session, code))


def search_schedules(session: Session, query: Query, *, address: str) -> Json:
    """Return the rooms in use as Schedules, page by page in the order of their codes.

    Raises:
        FhirError: a parameter is not known or cannot be read.
    """
    _only({"_id", "identifier", "active", "_count", "_after", "_format"}, query, "Schedule")
    values = dict(query)
    statement = select(Resource.code).join(Room, Room.id == Resource.id).where(Resource.active)
    for name, value in query:
        if name in {"_id", "identifier"}:
            wanted = [token(one) for one in value.split(",")]
            named = [one.code for one in wanted if one.system in {None, ROOM}]
            statement = statement.where(Resource.code.in_(named))
        if name == "active" and value == "false":
            statement = statement.where(false())
    count, _ = paging([pair for pair in query if pair[0] == "_count"])
    if count == 0:
        total = len(session.scalars(statement).all())
        return counted(total, query, address=address)
    after = Resource.code > values.get("_after", "")
    codes = session.scalars(statement.where(after).order_by(Resource.code).limit(count + 1)).all()
    rooms = session.scalars(
        select(Room)
        .join(Room.resource)
        .where(Resource.code.in_(codes[:count]))
        .options(joinedload(Room.resource).joinedload(Resource.site))
        .order_by(Resource.code)
    ).all()
    links = [("self", located(address, query))]
    if len(codes) > count:
        links.append(("next", located(address, replaced(query, "_after", codes[count - 1]))))
    return bundle([_schedule(room) for room in rooms], links=links, base=address.rpartition("/")[0])


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
    return _slot(room.code, window, is_free=is_free)


def search_slots(session: Session, query: Query, *, now: datetime, address: str) -> Json:
    """Return Slots: of one room (``schedule`` and ``start``), or those an exam fits into.

    ``service-request`` (our own parameter) names a ServiceRequest: then only starts at which its
    exam can be booked are given, in the order of time, with all rules applied.

    Raises:
        FhirError: a parameter is missing, unknown or cannot be read.
    """
    known = {"schedule", "start", "status", "service-request", "_count", "_format"}
    _only(known, query, "Slot")
    window = _window(query, now)
    values = dict(query)
    if "service-request" in values:
        slots = _slots_of_request(session, values, window, now=now)
    elif "schedule" in values:
        slots = _slots_of_room(session, values["schedule"], window, now=now)
    else:
        raise invalid("Search Slot by schedule (Schedule/CT01) or by service-request.")
    wanted = {token(one).code for one in values.get("status", "free,busy").split(",")}
    if unknown := wanted - _SLOT_STATUSES:
        listed = ", ".join(sorted(_SLOT_STATUSES))
        raise invalid(f"No Slot is {', '.join(sorted(unknown))}: known are {listed}.")
    fitting = [one for one in slots if one["status"] in wanted]
    count, _ = paging([pair for pair in query if pair[0] == "_count"])
    if count == 0:
        return counted(len(fitting), query, address=address)
    shown, following = _page(fitting, min(count, _MOST_SLOTS))
    links = [("self", located(address, query))]
    if following is not None:
        rest = [pair for pair in query if pair[0] != "start"]
        bounds = [("start", f"ge{following}"), ("start", f"lt{window.end.isoformat()}")]
        links.append(("next", located(address, [*rest, *bounds])))
    return bundle(shown, links=links, base=address.rpartition("/")[0])


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
        orders.get_exam(session, open_ones[0].id),
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
        if prefix in {"ge", "gt", "eq"}:
            start = last if prefix == "gt" else first
        if prefix in {"le", "lt", "eq"}:
            end = first if prefix == "lt" else last
    end = end or start + timedelta(days=1)
    if end <= start or end - start > _LONGEST_WINDOW:
        raise invalid(f"The start parameters must span up to {_LONGEST_WINDOW.days} days.")
    return Interval(start, end)


def _schedule(room: Room) -> Json:
    return without_empty(
        resourceType="Schedule",
        id=room.code,
        active=True,
        serviceType=[concept(DICOM_MODALITY, modality) for modality in room.modalities],
        identifier=[identifier(ROOM, room.code)],
        actor=[
            {
                "type": "Location",
                "identifier": identifier(ROOM, room.code),
                "display": room.name,
            }
        ],
        comment=f"{room.resource.site.name}, times in {room.resource.site.time_zone}",
    )


def _slot(room: str, during: Interval, *, is_free: bool) -> Json:
    return {
        "resourceType": "Slot",
        "id": slot_id(room, during.start, during.end),
        "schedule": reference("Schedule", room),
        "status": "free" if is_free else "busy",
        "start": instant(during.start),
        "end": instant(during.end),
    }


def _only(known: set[str], query: Query, kind: str) -> None:
    for name, _ in query:
        if name not in known:
            raise unknown_parameter(kind, name, known)
