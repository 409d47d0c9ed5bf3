"""Schedule (R4 section 12.9): a room; Slot (section 12.10): a stretch of its time.

A Slot is computed, not stored: its id names room, start and minutes, as ``CT01-20261126T0800Z-15``.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

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
from worklist.fhir.parameters import period, row_id
from worklist.fhir.search import bundle
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNPLACED
from worklist.scheduling.availability import Availability
from worklist.scheduling.intervals import Interval
from worklist.scheduling.search import find_slots

_FORMAT = "%Y%m%dT%H%MZ"
_LONGEST_WINDOW = timedelta(days=31)
_MOST_SLOTS = 50

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
    """Return every room in use as a Schedule, or the one named by ``_id``.

    Raises:
        FhirError: another parameter is given.
    """
    _only({"_id", "_count", "_format"}, query, "Schedule")
    statement = (
        select(Room)
        .join(Room.resource)
        .where(Resource.active)
        .options(joinedload(Room.resource).joinedload(Resource.site), selectinload(Room.stations))
        .order_by(Resource.code)
    )
    for name, value in query:
        if name == "_id":
            statement = statement.where(Resource.code.in_(value.split(",")))
    rooms = session.scalars(statement).all()
    base = address.rpartition("/")[0]
    return bundle([_schedule(room) for room in rooms], links=[("self", address)], base=base)


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
    wanted = set(values.get("status", "free,busy").split(","))
    shown = [one for one in slots if one["status"] in wanted]
    return bundle(shown, links=[("self", address)], base=address.rpartition("/")[0])


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
        limit=_MOST_SLOTS,
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
        actor=[{"identifier": identifier(ROOM, room.code), "display": room.name}],
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
