"""The id of a Slot: it is computed, not stored, so its id says all of it."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from worklist.fhir.errors import not_found

_FORMAT = "%Y%m%dT%H%MZ"


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
