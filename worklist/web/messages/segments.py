"""A message as its page shows it: segments, their fields by name, and where the error is."""

from dataclasses import dataclass

from worklist.hl7 import decode
from worklist.hl7.errors import MessageError
from worklist.hl7.field_names import field_names
from worklist.hl7.message import Message, Segment, parse

# Bytes outside of the character set are shown as they are in Latin-1 rather than not at all.
_ASSUMED = ("UNICODE UTF-8", "8859/1")


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field that holds something, as it was sent."""

    number: int
    name: str
    value: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class ShownSegment:
    """One segment with the fields that hold something."""

    name: str
    sequence: int
    fields: tuple[ShownField, ...]
    is_wrong: bool


def as_text(raw: bytes) -> str:
    """Return a message as text, one line a segment."""
    try:
        text = decode.decode(raw, assumed=_ASSUMED).text
    except MessageError:
        text = decode.strip(raw).decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def shown(text: str, error_location: str = "") -> tuple[ShownSegment, ...]:
    """Return the message's segments; none where it cannot be taken apart.

    Args:
        text: From `as_text`.
        error_location: What is wrong, as ERR-2 tells it: ``PID^1^3``.
    """
    try:
        message = parse(text)
    except MessageError:
        return ()
    wrong = _place(error_location)
    return tuple(_segment(message, segment, wrong) for segment in message.segments)


def _segment(message: Message, segment: Segment, wrong: tuple[str, int, int]) -> ShownSegment:
    names = field_names(message.header.text(12), segment.name)
    is_here = wrong[:2] == (segment.name, segment.sequence)
    fields = tuple(
        ShownField(
            number,
            names[number - 1] if number <= len(names) else "",
            value,
            is_here and number == wrong[2],
        )
        for number, value in enumerate(segment.fields[1:], 1)
        if value
    )
    return ShownSegment(segment.name, segment.sequence, fields, is_here)


def _place(location: str) -> tuple[str, int, int]:
    """Return segment, sequence and field of a location; 0 is not given."""
    name, *numbers = location.split("^")
    given = [int(one) for one in numbers if one.isdigit()]
    sequence, field = (*given, 0, 0)[:2]
    return name, sequence or 1, field
