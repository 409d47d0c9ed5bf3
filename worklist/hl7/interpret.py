"""From the bytes of a message to what it asks for, with every check that needs no database."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from worklist.hl7 import decode, values
from worklist.hl7.content import Content, Origin
from worklist.hl7.errors import AckCode, ErrorCode, MessageError
from worklist.hl7.fact_mapping import clinical_facts
from worklist.hl7.message import Message, Segment, parse, parse_header
from worklist.hl7.order_mapping import order_requests
from worklist.hl7.patient_mapping import merge_requests, patient_details

_VERSION = re.compile(r"2\.[1-8](\.[0-9]+)*")
_PROCESSING_IDS = frozenset({"P", "D", "T", ""})
_ORDER_EVENTS = {"ORM": "O01", "OMG": "O19", "OMI": "O23"}
_PATIENT_EVENTS = frozenset(
    {
        *("A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A10", "A11", "A12", "A13"),
        *("A28", "A31", "A38"),
    }
)
_MERGE_EVENT = "A40"


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A message as far as it could be read: either ``content`` or ``error`` is there.

    ``codec`` is the one for the acknowledgement.
    """

    header: Segment | None
    codec: str
    content: Content | None = None
    error: MessageError | None = None


def interpret(raw: bytes, *, zone: ZoneInfo, now: datetime) -> Interpretation:
    """Read a message; whatever is wrong with it is returned, never raised."""
    try:
        decoded = decode.decode(raw)
    except MessageError as error:
        # Latin-1 has a character for each byte, so that the answer echoes the sender's own.
        header = parse_header(decode.strip(raw).decode("latin-1"), codec="latin-1")
        return Interpretation(header, "latin-1", error=error)
    try:
        message = parse(decoded.text, codec=decoded.codec)
    except MessageError as error:
        header = parse_header(decoded.text, codec=decoded.codec)
        return Interpretation(header, decoded.codec, error=error)
    try:
        content = read(message, zone=zone, now=now)
    except MessageError as error:
        return Interpretation(message.header, decoded.codec, error=error)
    return Interpretation(message.header, decoded.codec, content=content)


def read(message: Message, *, zone: ZoneInfo, now: datetime) -> Content:
    """Check the header and return what the message asks for.

    Raises:
        MessageError: AR 200 to 203 for a message of a kind that is not taken; AE 100 to 103 for
            what is wrong inside.
    """
    reader = _reader(message)
    _check_header(message.header)
    header = message.header
    origin = Origin(
        zone=zone,
        facility=header.text(4) or header.text(3),
        sent_at=values.optional_timestamp(header, 7, zone),
        now=now,
    )
    return reader(message, origin)


def _reader(message: Message) -> Callable[[Message, Origin], Content]:
    kind, event = message.header.text(9).upper(), message.header.text(9, 2).upper()
    if not kind:
        raise _missing(message.header, 9, "message type", "ORM^O01 for example")
    if kind in _ORDER_EVENTS:
        if event not in {"", _ORDER_EVENTS[kind]}:
            raise _event_not_taken(message, f"{kind}^{_ORDER_EVENTS[kind]}")
        return _orders
    if kind != "ADT":
        taken = ", ".join((*_ORDER_EVENTS, "ADT"))
        raise MessageError(
            f"The message type {kind[:16]!r} is not taken here: send one of {taken}.",
            code=ErrorCode.UNSUPPORTED_MESSAGE_TYPE,
            location=message.header.repetition(9).at(1),
            acknowledgement=AckCode.REJECT,
        )
    if event == _MERGE_EVENT:
        return _merges
    if event not in _PATIENT_EVENTS:
        raise _event_not_taken(message, ", ".join(sorted({*_PATIENT_EVENTS, _MERGE_EVENT})))
    return _patient


def _check_header(header: Segment) -> None:
    if not header.text(10):
        raise _missing(header, 10, "message control id", "a value that is new for each message")
    if not header.text(12):
        raise _missing(header, 12, "version id", "2.3.1 or 2.5.1 for example")
    if not _VERSION.fullmatch(header.text(12)):
        raise MessageError(
            f"The version {header.text(12)[:8]!r} is not supported: send 2.1 to 2.8.",
            code=ErrorCode.UNSUPPORTED_VERSION,
            location=header.at(12),
            acknowledgement=AckCode.REJECT,
        )
    if header.text(11).upper() not in _PROCESSING_IDS:
        raise MessageError(
            f"The processing id {header.text(11)[:8]!r} is not one of P, D, T.",
            code=ErrorCode.UNSUPPORTED_PROCESSING_ID,
            location=header.at(11),
            acknowledgement=AckCode.REJECT,
        )


def _orders(message: Message, origin: Origin) -> Content:
    requests = order_requests(message, origin)
    pid = message.first("PID")
    if pid is None and any(one.details is not None for one in requests):
        message.require("PID")
    patient = patient_details(pid, origin) if pid else None
    facts, remarks = clinical_facts(message, origin) if pid else ([], [])
    return Content(patient=patient, facts=tuple(facts), orders=requests, remarks=tuple(remarks))


def _patient(message: Message, origin: Origin) -> Content:
    facts, remarks = clinical_facts(message, origin)
    return Content(
        patient=patient_details(message.require("PID"), origin),
        facts=tuple(facts),
        remarks=tuple(remarks),
    )


def _merges(message: Message, origin: Origin) -> Content:
    return Content(merges=merge_requests(message, origin))


def _missing(header: Segment, field: int, name: str, example: str) -> MessageError:
    return MessageError(
        f"MSH-{field} ({name}) is missing: send {example}.",
        code=ErrorCode.REQUIRED_FIELD_MISSING,
        location=header.at(field),
    )


def _event_not_taken(message: Message, taken: str) -> MessageError:
    event = message.header.text(9, 2)
    return MessageError(
        f"The event {event[:16]!r} is not taken here: send {taken}.",
        code=ErrorCode.UNSUPPORTED_EVENT,
        location=message.header.repetition(9).at(2),
        acknowledgement=AckCode.REJECT,
    )
