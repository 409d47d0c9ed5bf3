"""Read an HL7 v2 message: segments, fields, repetitions, components, subcomponents.

Our own small reader, because it must keep whatever a sender adds (Z segments, unknown segments,
more fields than the version has) and be quick. Positions count from 1 as in the standard.
"""

import re
import string
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from worklist.hl7 import escapes
from worklist.hl7.errors import AckCode, ErrorCode, Location, MessageError
from worklist.hl7.escapes import Encoding
from worklist.language.text import Text, _

NULL = '""'

_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_SHORTEST_HEADER = len("MSH|^~")
_BATCH = ("FHS", "BHS")
_DELIMITERS = frozenset(string.punctuation)


@dataclass(frozen=True, slots=True)
class Repetition:
    """One occurrence of a field."""

    raw: str
    encoding: Encoding
    location: Location

    def value(self, component: int = 1, subcomponent: int = 1) -> str | None:
        """Return the decoded text; None where not valued, empty for HL7 null."""
        return _value(self.raw, self.encoding, component, subcomponent)

    def text(self, component: int = 1, subcomponent: int = 1) -> str:
        """Return the decoded text, empty where there is none."""
        return self.value(component, subcomponent) or ""

    def whole(self) -> str:
        """Return the decoded text with the delimiters that stand in it, for free text."""
        return "" if self.raw == NULL else escapes.decode(self.raw, self.encoding).strip()

    def at(self, component: int) -> Location:
        """Return where the component stands, for an error."""
        place = self.location
        return Location(place.segment, place.sequence, place.field, place.repetition, component)


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; ``sequence`` counts those of the same name from 1."""

    name: str
    fields: tuple[str, ...]
    encoding: Encoding
    sequence: int = 1

    def raw(self, field: int) -> str:
        """Return the field as it was sent."""
        return self.fields[field] if field < len(self.fields) else ""

    def repetitions(self, field: int) -> tuple[Repetition, ...]:
        """Return the field's occurrences that hold anything."""
        return tuple(
            Repetition(raw, self.encoding, Location(self.name, self.sequence, field, number))
            for number, raw in enumerate(_split(self.raw(field), self.encoding.repetition), 1)
            if raw
        )

    def repetition(self, field: int) -> Repetition:
        """Return the field's first occurrence, also an empty one."""
        raw = _split(self.raw(field), self.encoding.repetition)[0]
        return Repetition(raw, self.encoding, self.at(field))

    def value(self, field: int, component: int = 1, subcomponent: int = 1) -> str | None:
        """Return the first occurrence's text; None where not valued, empty for HL7 null."""
        raw = self.raw(field)
        if not raw:
            return None
        first = _split(raw, self.encoding.repetition)[0]
        return _value(first, self.encoding, component, subcomponent)

    def text(self, field: int, component: int = 1, subcomponent: int = 1) -> str:
        """Return the first occurrence's text, empty where there is none."""
        return self.value(field, component, subcomponent) or ""

    def whole(self, field: int) -> str:
        """Return the field's decoded text with the delimiters that stand in it, for free text."""
        raw = self.raw(field)
        return "" if raw == NULL else escapes.decode(raw, self.encoding).strip()

    def at(self, field: int) -> Location:
        """Return where the field stands, for an error."""
        return Location(self.name, self.sequence, field)


@dataclass(frozen=True, slots=True)
class Message:
    """A message; the first segment is its MSH."""

    segments: tuple[Segment, ...]

    @property
    def header(self) -> Segment:
        """The MSH segment."""
        return self.segments[0]

    @property
    def type(self) -> str:
        """Message type and event, ``ORM^O01``; the event is left out where there is none."""
        return "^".join(filter(None, (self.header.text(9), self.header.text(9, 2))))

    def all(self, name: str) -> tuple[Segment, ...]:
        """Return every segment of this name."""
        return tuple(one for one in self.segments if one.name == name)

    def first(self, name: str) -> Segment | None:
        """Return the first segment of this name."""
        return next((one for one in self.segments if one.name == name), None)

    def require(self, name: str) -> Segment:
        """Return the first segment of this name.

        Raises:
            MessageError: 100, there is none.
        """
        segment = self.first(name)
        if segment is None:
            raise MessageError(
                _("The segment %(name)s is missing: %(type)s needs it.", name=name, type=self.type),
                code=ErrorCode.SEGMENT_SEQUENCE,
                location=Location(name),
            )
        return segment


def parse(text: str, *, codec: str = "utf-8") -> Message:
    r"""Read a message whose segments end with CR, LF or CR LF.

    A line feed that no segment name follows belongs to the field that it stands in.

    Raises:
        MessageError: 100, it does not begin with a usable MSH, or a segment has no name.
    """
    encoding = _read_encoding(text, codec)
    end = rf"\r\n?|\n(?=[A-Z][A-Z0-9]{{2}}{re.escape(encoding.field)}|\s*\Z)"
    lines = (line.strip("\n") for line in re.split(end, text))
    return Message(tuple(_segments((line for line in lines if line.strip()), encoding)))


def parse_header(text: str, *, codec: str) -> Segment | None:
    """Return the MSH of a message that is otherwise unusable, None where even that fails."""
    try:
        return parse(re.split(r"[\r\n]", text, maxsplit=1)[0], codec=codec).header
    except MessageError:
        return None


def _segments(lines: Iterator[str], encoding: Encoding) -> Iterator[Segment]:
    seen: Counter[str] = Counter()
    for number, line in enumerate(lines, 1):
        name = line[:3]
        if not _NAME.fullmatch(name) or line[3:4] not in {"", encoding.field}:
            raise MessageError(
                _(
                    "Segment %(number)s begins with %(line)s, which is not a segment name: "
                    "end each segment with CR and escape CR inside of a field.",
                    number=number,
                    line=repr(line[:4]),
                ),
                code=ErrorCode.SEGMENT_SEQUENCE,
            )
        seen[name] += 1
        fields = line.split(encoding.field)
        if name == "MSH":
            fields[1:1] = [encoding.field]
        yield Segment(name, tuple(fields), encoding, seen[name])


def _read_encoding(text: str, codec: str) -> Encoding:
    if text.startswith(_BATCH):
        raise _rejected(_("Batches (FHS, BHS) are not taken: send each message by itself."))
    if not text.startswith("MSH") or len(text) < _SHORTEST_HEADER:
        raise _rejected(_("The message does not begin with an MSH segment."))
    field = text[3]
    marks = re.split(rf"[{re.escape(field)}\r\n]", text[4:], maxsplit=1)[0]
    used = field + marks
    unusable = not set(used) <= _DELIMITERS or len(set(used)) < len(used)
    if unusable or not 1 <= len(marks) <= len("^~\\&#"):
        raise _rejected(
            _(
                "The delimiters %(used)s of MSH-1 and MSH-2 cannot be used: send |^~\\&.",
                used=repr(used),
            )
        )
    component, repetition, escape, subcomponent, truncation = (*marks, "", "", "", "")[:5]
    return Encoding(field, component, repetition, escape, subcomponent, truncation, codec)


def _rejected(text: Text) -> MessageError:
    return MessageError(
        text,
        code=ErrorCode.SEGMENT_SEQUENCE,
        location=Location("MSH"),
        acknowledgement=AckCode.REJECT,
    )


def _value(raw: str, encoding: Encoding, component: int, subcomponent: int) -> str | None:
    """Return a part of one occurrence as `Repetition.value` has it."""
    part = _nth(_split(raw, encoding.component), component)
    if not part:
        return None
    part = _nth(_split(part, encoding.subcomponent), subcomponent)
    if not part.strip():
        return None
    return "" if part == NULL else escapes.decode(part, encoding).strip()


def _split(text: str, delimiter: str) -> list[str]:
    return text.split(delimiter) if delimiter else [text]


def _nth(parts: list[str], number: int) -> str:
    return parts[number - 1] if number <= len(parts) else ""
