"""What a peer's profile changes in a message: value maps first, then moves of fields.

The same for messages received, before they are read, and for messages sent, after they are made.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from worklist.hl7 import escapes
from worklist.hl7.escapes import Encoding
from worklist.hl7.message import Message, Segment
from worklist.hl7.peers.file import Move
from worklist.hl7.write import part_of, with_field, with_part

ValueMaps = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """``OBR-4.2``: a segment's name, field, component and subcomponent; 0 is the whole."""

    segment: str
    field: int
    component: int = 0
    subcomponent: int = 0

    @classmethod
    def parse(cls, text: str) -> "FieldPlace":
        """Read ``PID-3``, ``PID-3.4`` or ``PID-3.4.2``."""
        segment, _, numbers = text.partition("-")
        return cls(segment, *map(int, numbers.split(".")))


def apply(message: Message, values: ValueMaps, moves: Iterable[Move]) -> Message:
    """Return the message with the values mapped and the fields moved.

    A value map looks at each repetition of its field; the value ``""`` in it stands for an empty
    field of a segment that is there. A move looks for its source in the target's own order group
    (ORC and what follows it), else before the first ORC. Where no segment of the target's name is
    in the message, one is added behind each group that has the source.
    """
    segments = list(message.segments)
    for place, table in values.items():
        where = FieldPlace.parse(place)
        segments = [_mapped(one, where, table) if one.name == where.segment else one
                    for one in segments]  # fmt: skip
    for move in moves:
        segments = _moved(segments, move)
    return Message(tuple(segments))


def _mapped(segment: Segment, place: FieldPlace, table: Mapping[str, str]) -> Segment:
    encoding = segment.encoding
    field = segment.raw(place.field)
    repetitions = field.split(encoding.repetition) if encoding.repetition else [field]
    mapped = [_mapped_repetition(one, place, table, encoding) for one in repetitions]
    return with_field(segment, place.field, encoding.repetition.join(mapped))


def _mapped_repetition(
    repetition: str, place: FieldPlace, table: Mapping[str, str], encoding: Encoding
) -> str:
    position = {"component": place.component, "subcomponent": place.subcomponent}
    present = escapes.decode(part_of(repetition, encoding, **position), encoding)
    if present not in table:
        return repetition
    return with_part(repetition, escapes.encode(table[present], encoding), encoding, **position)


def _moved(segments: list[Segment], move: Move) -> list[Segment]:
    target = FieldPlace.parse(move.target)
    if move.source is None:
        value = move.value or ""
        return [_set(one, target, escapes.encode(value, one.encoding))
                if one.name == target.segment else one for one in segments]  # fmt: skip
    source = FieldPlace.parse(move.source)
    groups = _groups(segments)
    if not any(one.name == target.segment for one in segments):
        groups = [_with_added(group, source, target) for group in groups]
    for group in groups:
        for index, one in enumerate(group):
            if one.name == target.segment:
                origin = _origin(groups, group, index, source)
                if origin is not None and (value := _get(origin, source)):
                    group[index] = _set(one, target, value)
    moved = [one for group in groups for one in group]
    if move.take:
        moved = [_set(one, source, "") if one.name == source.segment else one for one in moved]
    return moved


def _groups(segments: list[Segment]) -> list[list[Segment]]:
    """Split before each ORC; the first group is what stands before all of them."""
    groups: list[list[Segment]] = [[]]
    for segment in segments:
        if segment.name == "ORC":
            groups.append([])
        groups[-1].append(segment)
    return groups


def _with_added(group: list[Segment], source: FieldPlace, target: FieldPlace) -> list[Segment]:
    origin = next((one for one in group if one.name == source.segment), None)
    if origin is None or not _get(origin, source):
        return group
    return [*group, Segment(target.segment, (target.segment,), origin.encoding)]


def _origin(
    groups: list[list[Segment]], group: list[Segment], index: int, source: FieldPlace
) -> Segment | None:
    if group[index].name == source.segment:
        return group[index]
    for candidates in (reversed(group[:index]), group[index:], groups[0]):
        found = next((one for one in candidates if one.name == source.segment), None)
        if found is not None:
            return found
    return None


def _get(segment: Segment, place: FieldPlace) -> str:
    field = segment.raw(place.field)
    return part_of(
        field, segment.encoding, component=place.component, subcomponent=place.subcomponent
    )


def _set(segment: Segment, place: FieldPlace, value: str) -> Segment:
    field = with_part(
        segment.raw(place.field),
        value,
        segment.encoding,
        component=place.component,
        subcomponent=place.subcomponent,
    )
    return with_field(segment, place.field, field)
