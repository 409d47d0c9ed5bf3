"""Schedule (R4 section 12.9): a room in use."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, false, select, true
from sqlalchemy.orm import Session, joinedload

from worklist.catalogue.models import Resource, Room
from worklist.fhir.elements import (
    DICOM_MODALITY,
    ROOM,
    Json,
    concept,
    identifier,
    without_empty,
)
from worklist.fhir.errors import not_found
from worklist.fhir.parameters import Condition, Parameter, codes, texts, token
from worklist.fhir.search import Kind


def room_by_code(session: Session, code: str) -> Room:
    """Return a room in use.

    Raises:
        FhirError: there is none with this code.
    """
    room: Room | None = session.scalar(_select().where(Resource.code == code))
    if room is None:
        raise not_found("Schedule", code)
    return room


def to_resources(_session: Session, rooms: Sequence[Room]) -> list[Json]:
    """Return the Schedule of each room."""
    return [_to_resource(one) for one in rooms]


def _to_resource(room: Room) -> Json:
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


def _select() -> Select[Any]:
    return (
        select(Room)
        .join(Room.resource)
        .where(Resource.active)
        .options(joinedload(Room.resource).joinedload(Resource.site))
    )


def _with_modality(value: str) -> Condition:
    wanted = token(value)
    fits = wanted.system in {None, DICOM_MODALITY}
    return Room.modalities.contains([wanted.code]) if fits else false()


SCHEDULE = Kind(
    name="Schedule",
    select=_select,
    id=Resource.code,
    to_resources=to_resources,
    parameters={
        "identifier": texts(Resource.code, system=ROOM),
        "active": codes("active", {"true": true(), "false": false()}),
        "service-type": Parameter("token", _with_modality),
    },
)
