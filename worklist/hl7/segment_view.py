"""A message for people: segment by segment, each field with its name in the standard."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from hl7apy import load_library
from hl7apy.exceptions import UnsupportedVersion

from worklist.hl7 import decode
from worklist.hl7.errors import MessageError
from worklist.hl7.message import Message, Segment, parse

_NEWEST = "2.8.2"
_NAME = -3  # where hl7apy keeps a field's long name
_OWN = {"ZDS": {1: "Study instance UID"}}


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field that holds something: ``PID-3``, its name, as sent, and decoded."""

    place: str
    name: str
    raw: str
    text: str


@dataclass(frozen=True, slots=True)
class SegmentView:
    """One segment; ``error_field`` is the number of the field that an error names, else None."""

    name: str
    sequence: int
    fields: tuple[FieldView, ...]
    error_field: int | None = None


def views(raw: bytes, *, error_location: str = "") -> list[SegmentView]:
    """Return a message's segments; none where it cannot be read at all.

    Args:
        raw: The message.
        error_location: As in ERR-2, ``PID^1^3``: marks the segment and field.
    """
    text, codec = readable(raw)
    try:
        message = parse(text, codec=codec)
    except MessageError:
        return []
    return segment_views(message, error_location=error_location)


def segment_views(message: Message, *, error_location: str = "") -> list[SegmentView]:
    """Return the segments of a message that was read."""
    version = message.header.text(12)
    segment, _, rest = error_location.partition("^")
    sequence, _, rest = rest.partition("^")
    field = rest.partition("^")[0]
    found = []
    for one in message.segments:
        marked = one.name == segment and str(one.sequence) == (sequence or "1")
        found.append(
            SegmentView(
                one.name,
                one.sequence,
                tuple(_fields(one, version)),
                (int(field) if field.isdecimal() else 0) if marked else None,
            )
        )
    return found


def readable(raw: bytes) -> tuple[str, str]:
    """Return a message's text and codec; bytes outside its character set are read as Latin-1."""
    try:
        decoded = decode.decode(raw)
    except MessageError:
        return decode.strip(raw).decode("latin-1"), "latin-1"
    return decoded.text, decoded.codec


def field_name(segment: str, number: int, version: str) -> str:
    """Return a field's name in the standard's version, else in the newest; empty where none."""
    own = _OWN.get(segment, {}).get(number)
    return own or _names(segment, version).get(number) or _names(segment, _NEWEST).get(number, "")


def _fields(segment: Segment, version: str) -> list[FieldView]:
    return [
        FieldView(
            place=f"{segment.name}-{number}",
            name=field_name(segment.name, number, version),
            raw=segment.raw(number),
            text=segment.raw(number) if segment.name == "MSH" and number <= 2  # noqa: PLR2004 - MSH-1 and MSH-2 are the delimiters
            else segment.whole(number),
        )
        for number in range(1, len(segment.fields))
        if segment.raw(number)
    ]  # fmt: skip


@cache
def _names(segment: str, version: str) -> dict[int, str]:
    try:
        segments: dict[str, Any] = load_library(version).SEGMENTS
    except (UnsupportedVersion, KeyError):
        return {}
    if segment not in segments:
        return {}
    return {
        int(name.partition("_")[2]): str(definition[_NAME]).replace("_", " ").capitalize()
        for name, definition, *_ in segments[segment][1]
    }
