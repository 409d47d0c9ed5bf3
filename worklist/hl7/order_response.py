"""Application acknowledgements of orders, for peers that want them: ORR, ORG and ORI.

They say of each order that it was taken over (HL7 v2.5 sections 4.4.2, 4.4.4 and 4.4.6): it is
stored, and will be done or shown to a person. What becomes of it then is told by other messages.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from worklist.hl7.errors import MessageError
from worklist.hl7.message import Message, Segment
from worklist.hl7.write import line_of, with_field

_TYPES = {
    "ORM": ("ORR", "O02", "ORR_O02"),
    "OMG": ("ORG", "O20", "ORG_O20"),
    "OMI": ("ORI", "O24", "ORI_O24"),
}

# ORC-1 as sent to ORC-1 as answered (table 0119): done as asked, and unable to.
_CONTROLS = {
    "NW": ("OK", "UA"),
    "XO": ("XR", "UX"),
    "CA": ("CR", "UC"),
    "DC": ("DR", "UD"),
    "HD": ("HR", "UH"),
    "RL": ("OR", "UR"),
}
_OTHERS = ("OK", "UA")
_ECHOED = frozenset({"PID", "OBR", "IPC"})


@dataclass(frozen=True, slots=True)
class OrderResponse:
    """MSH-9 by its components, and the segments that follow MSA and ERR."""

    type: tuple[str, str, str]
    segments: tuple[str, ...]


def order_response(message: Message, error: MessageError | None) -> OrderResponse | None:
    """Answer each order of the message; None where it is not an order message."""
    kind = _TYPES.get(message.header.text(9).upper())
    if kind is None:
        return None
    return OrderResponse(kind, tuple(_segments(message, refused=error is not None)))


def _segments(message: Message, *, refused: bool) -> Iterator[str]:
    for segment in message.segments:
        if segment.name == "ORC":
            yield line_of(answered(segment, refused=refused))
        elif segment.name in _ECHOED:
            yield line_of(segment)


def answered(orc: Segment, *, refused: bool) -> Segment:
    """Return ORC-1 to ORC-4 of an order with what it is answered in the first."""
    granted, unable = _CONTROLS.get(orc.text(1).upper(), _OTHERS)
    numbers = Segment("ORC", orc.fields[:5], orc.encoding, orc.sequence)
    return with_field(numbers, 1, unable if refused else granted)
