"""The groups of an order message: an ORC with what follows it, and what they say of time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from worklist.hl7 import values
from worklist.hl7.errors import ErrorCode, Location, MessageError
from worklist.hl7.message import Message, Segment
from worklist.language.text import _
from worklist.vocabulary import Priority

# HL7 table 0485; U is not part of it but widely sent.
_PRIORITIES = {
    "S": Priority.STAT,
    "A": Priority.ASAP,
    "R": Priority.ROUTINE,
    "P": Priority.URGENT,
    "C": Priority.ASAP,
    "T": Priority.URGENT,
    "U": Priority.URGENT,
    "PRN": Priority.ROUTINE,
    **{priority.value: priority for priority in Priority},
}
_TIMING_CRITICAL = re.compile(r"T[SMHDWL]\d*")
_DURATION = re.compile(r"([SMHDW])?(\d+)")
_MINUTES = {"S": 1 / 60, "M": 1, "H": 60, "D": 1440, "W": 10080}
_LONGEST_MINUTES = 24 * 60


@dataclass(slots=True)
class OrderGroup:
    """An ORC with what follows it up to the next; ``obr`` is None for a mere status or cancel."""

    orc: Segment
    obr: Segment | None = None
    others: dict[str, list[Segment]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def first(self, name: str) -> Segment | None:
        """Return the group's first segment of this name."""
        return next(iter(self.others.get(name, ())), None)

    @property
    def start_places(self) -> list[tuple[Segment | None, int, int]]:
        """Segment, field and component of the start, by precedence (IHE RAD TF-2 appendix B)."""
        return [(self.first("TQ1"), 7, 1), (self.orc, 7, 4), (self.obr, 27, 4), (self.obr, 36, 1)]

    def starts_at(self, zone: tzinfo) -> datetime | None:
        """Return when the procedure is wanted or scheduled.

        Raises:
            MessageError: 102, not a time.
        """
        times = (
            values.optional_timestamp(segment, number, zone, component=component)
            for segment, number, component in self.start_places
        )
        return next((time for time in times if time is not None), None)

    @property
    def deletes_start(self) -> bool:
        """Whether the start is the HL7 null value."""
        found = [
            segment.value(number, component)
            for segment, number, component in self.start_places
            if segment is not None
        ]
        return next((value for value in found if value is not None), None) == ""

    @property
    def minutes(self) -> int | None:
        """The duration that TQ1-6 or ORC-7.3 gives, in minutes."""
        tq1 = self.first("TQ1")
        if tq1 is not None and tq1.text(6):
            return minutes(f"{tq1.text(6, 2)[:1].upper() or 'M'}{tq1.text(6)}")
        return minutes(self.orc.text(7, 3))

    @property
    def priority(self) -> Priority | None:
        """TQ1-9, else OBR-27.6, ORC-7.6, or OBR-5 of the earliest versions.

        Raises:
            MessageError: 103, not in table 0485.
        """
        tq1 = self.first("TQ1")
        places = [(tq1, 9, 1), (self.obr, 27, 6), (self.orc, 7, 6), (self.obr, 5, 1)]
        for segment, number, component in places:
            code = segment.text(number, component).upper() if segment else ""
            if not segment or not code:
                continue
            if code in _PRIORITIES:
                return _PRIORITIES[code]
            if _TIMING_CRITICAL.fullmatch(code):
                return Priority.URGENT
            raise MessageError(
                _(
                    "The priority %(code)s is not in HL7 table 0485: send S, A, P, T, C or R.",
                    code=repr(code[:16]),
                ),
                code=ErrorCode.TABLE_VALUE_NOT_FOUND,
                location=segment.repetition(number).at(component),
            )
        return None


def order_groups(message: Message) -> Iterator[OrderGroup]:
    """Cut the message at each ORC.

    Raises:
        MessageError: 100, an OBR has no ORC of its own.
    """
    group: OrderGroup | None = None
    for segment in message.segments:
        if segment.name == "ORC":
            if group is not None:
                yield group
            group = OrderGroup(segment)
        elif segment.name == "OBR":
            if group is None or group.obr is not None:
                raise MessageError(
                    _(
                        "OBR %(sequence)s has no ORC of its own: put one before each OBR.",
                        sequence=segment.sequence,
                    ),
                    code=ErrorCode.SEGMENT_SEQUENCE,
                    location=Location("OBR", segment.sequence),
                )
            group.obr = segment
        elif group is not None and segment.name == "NTE":
            group.notes.append(segment.whole(3))
        elif group is not None:
            group.others.setdefault(segment.name, []).append(segment)
    if group is not None:
        yield group


def minutes(duration: str) -> int | None:
    """Return the minutes of ``M30``, ``H1`` or ``45``; None for what is not an exam's duration."""
    match = _DURATION.fullmatch(duration.strip().upper())
    if match is None:
        return None
    length = round(int(match[2]) * _MINUTES[match[1] or "M"])
    return length if 0 < length <= _LONGEST_MINUTES else None
