"""Messages back to text, and text into fields."""

from dataclasses import replace

from worklist.hl7 import escapes
from worklist.hl7.escapes import Encoding
from worklist.hl7.message import Message, Segment

_WITHOUT_ENCODING = ("MSH", "FHS", "BHS")


def text_of(message: Message) -> str:
    """Return the message with CR after each segment."""
    return "".join(f"{line_of(segment)}\r" for segment in message.segments)


def line_of(segment: Segment) -> str:
    """Return the segment without its end; fields empty at its end are left out."""
    mark = segment.encoding.field
    fields = list(segment.fields)
    while len(fields) > 1 and not fields[-1]:
        fields.pop()
    if segment.name in _WITHOUT_ENCODING:
        # Field 1 is the delimiter itself: it stands between name and field 2 already.
        del fields[1]
    return mark.join(fields)


def recoded(segment: Segment, encoding: Encoding) -> Segment:
    """Return the segment with other delimiters, its text escaped anew."""
    own = segment.encoding
    if own == encoding:
        return segment
    fields = [_recoded(one, own, encoding) for one in segment.fields]
    if segment.name in _WITHOUT_ENCODING:
        fields[1:3] = [encoding.field, encoding.characters]
    return Segment(segment.name, tuple(fields), encoding, segment.sequence)


def with_field(segment: Segment, number: int, field: str) -> Segment:
    """Return the segment with ``field``, already encoded, at its number."""
    fields = list(segment.fields) + [""] * (number + 1 - len(segment.fields))
    fields[number] = field
    return replace(segment, fields=tuple(fields))


def with_part(
    field: str, value: str, encoding: Encoding, *, component: int = 0, subcomponent: int = 0
) -> str:
    """Return the field with ``value``, already encoded, in a component of its first repetition.

    Component 0 is the whole field, subcomponent 0 the whole component.
    """
    if not component:
        return value
    first, mark, others = _first(field, encoding.repetition)
    parts = first.split(encoding.component) if encoding.component else [first]
    parts += [""] * (component - len(parts))
    if subcomponent and encoding.subcomponent:
        pieces = parts[component - 1].split(encoding.subcomponent)
        pieces += [""] * (subcomponent - len(pieces))
        pieces[subcomponent - 1] = value
        value = encoding.subcomponent.join(pieces)
    parts[component - 1] = value
    return encoding.component.join(parts) + mark + others


def part_of(field: str, encoding: Encoding, *, component: int = 0, subcomponent: int = 0) -> str:
    """Return, still encoded, what `with_part` would replace; empty where there is nothing."""
    if not component:
        return field
    first = _first(field, encoding.repetition)[0]
    part = _nth(first, encoding.component, component)
    return _nth(part, encoding.subcomponent, subcomponent) if subcomponent else part


def _recoded(field: str, own: Encoding, encoding: Encoding) -> str:
    marks = (
        (own.repetition, encoding.repetition),
        (own.component, encoding.component),
        (own.subcomponent, encoding.subcomponent),
    )

    def parts(text: str, depth: int) -> str:
        if depth == len(marks):
            return escapes.encode(escapes.decode(text, own), encoding)
        old, new = marks[depth]
        return new.join(parts(one, depth + 1) for one in (text.split(old) if old else [text]))

    return parts(field, 0)


def _first(field: str, mark: str) -> tuple[str, str, str]:
    return field.partition(mark) if mark else (field, "", "")


def _nth(text: str, mark: str, number: int) -> str:
    parts = text.split(mark) if mark else [text]
    return parts[number - 1] if number <= len(parts) else ""
