"""From the bytes of a message to what it asks for, with every check that needs no database."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from worklist.hl7 import decode, values
from worklist.hl7.appointment_mapping import appointment_request
from worklist.hl7.content import Content, Origin
from worklist.hl7.errors import AckCode, ErrorCode, MessageError
from worklist.hl7.fact_mapping import clinical_facts
from worklist.hl7.message import Message, Segment, parse, parse_header
from worklist.hl7.order_mapping import order_requests
from worklist.hl7.order_response import OrderResponse, order_response
from worklist.hl7.patient_mapping import merge_requests, patient_details, visit
from worklist.hl7.peers import overrides
from worklist.hl7.peers.file import PeerEntry
from worklist.hl7.peers.models import AcknowledgementProfile
from worklist.hl7.report_mapping import report_requests
from worklist.language.text import _
from worklist.patients.models import FactOrigin

_VERSION = re.compile(r"2\.[1-8](\.[0-9]+)*")
_PROCESSING_IDS = frozenset({"P", "D", "T", ""})


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A message as far as it could be read: either ``content`` or ``error`` is there.

    ``codec`` is the one for the acknowledgement, ``response`` what it says of each order where
    the peer wants to know.
    """

    header: Segment | None
    codec: str
    content: Content | None = None
    error: MessageError | None = None
    response: OrderResponse | None = None


def interpret(
    raw: bytes, *, zone: ZoneInfo, now: datetime, peer: PeerEntry | None = None
) -> Interpretation:
    """Read a message by its peer's profile; whatever is wrong with it is returned, never raised."""
    assumed = peer.assumed_character_sets if peer else ["ASCII"]
    try:
        decoded = decode.decode(raw, assumed=assumed)
    except MessageError as error:
        # Latin-1 has a character for each byte, so that the answer echoes the sender's own.
        header = parse_header(decode.strip(raw).decode("latin-1"), codec="latin-1")
        return Interpretation(header, "latin-1", error=error)
    try:
        message = parse(decoded.text, codec=decoded.codec)
    except MessageError as error:
        header = parse_header(decoded.text, codec=decoded.codec)
        return Interpretation(header, decoded.codec, error=error)
    # The answer refers to the header as it was sent, not as the profile has it.
    header, sent = message.header, message
    if peer and (peer.received_values or peer.received_moves):
        message = overrides.apply(message, peer.received_values, peer.received_moves)
    try:
        content = read(message, zone=zone, now=now, peer=peer)
    except MessageError as error:
        response = _response(sent, peer, error)
        return Interpretation(header, decoded.codec, error=error, response=response)
    response = _response(sent, peer, None)
    return Interpretation(header, decoded.codec, content=content, response=response)


def read(
    message: Message, *, zone: ZoneInfo, now: datetime, peer: PeerEntry | None = None
) -> Content:
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
        order_control=peer.order_control if peer else {},
    )
    return reader(message, origin)


def _response(
    message: Message, peer: PeerEntry | None, error: MessageError | None
) -> OrderResponse | None:
    if peer is None or peer.acknowledgement is not AcknowledgementProfile.APPLICATION:
        return None
    return order_response(message, error)


def _reader(message: Message) -> Callable[[Message, Origin], Content]:
    kind, event = message.header.text(9).upper(), message.header.text(9, 2).upper()
    if not kind:
        raise _missing(message.header, 9, _("message type"), _("ORM^O01 for example"))
    readers = _READERS.get(kind)
    if readers is None:
        raise MessageError(
            _(
                "The message type %(kind)s is not taken here: send one of %(readers)s.",
                kind=repr(kind[:16]),
                readers=", ".join(sorted(_READERS)),
            ),
            code=ErrorCode.UNSUPPORTED_MESSAGE_TYPE,
            location=message.header.repetition(9).at(1),
            acknowledgement=AckCode.REJECT,
        )
    if not event and len(readers) == 1:
        return next(iter(readers.values()))
    if event not in readers:
        taken = ", ".join(sorted(readers)) if len(readers) > 1 else f"{kind}^{next(iter(readers))}"
        raise _event_not_taken(message, taken)
    return readers[event]


def _check_header(header: Segment) -> None:
    if not header.text(10):
        raise _missing(
            header, 10, _("message control id"), _("a value that is new for each message")
        )
    if not header.text(12):
        raise _missing(header, 12, _("version id"), _("2.3.1 or 2.5.1 for example"))
    if not _VERSION.fullmatch(header.text(12)):
        raise MessageError(
            _(
                "The version %(header)s is not supported: send 2.1 to 2.8.",
                header=repr(header.text(12)[:8]),
            ),
            code=ErrorCode.UNSUPPORTED_VERSION,
            location=header.at(12),
            acknowledgement=AckCode.REJECT,
        )
    if header.text(11).upper() not in _PROCESSING_IDS:
        raise MessageError(
            _(
                "The processing id %(header)s is not one of P, D, T.",
                header=repr(header.text(11)[:8]),
            ),
            code=ErrorCode.UNSUPPORTED_PROCESSING_ID,
            location=header.at(11),
            acknowledgement=AckCode.REJECT,
        )


def _orders(message: Message, origin: Origin) -> Content:
    requests, told = order_requests(message, origin)
    pid = message.first("PID")
    if pid is None and any(one.details is not None for one in requests):
        message.require("PID")
    patient = patient_details(pid, origin) if pid else None
    facts, remarks = clinical_facts(message, origin) if pid else ([], [])
    return Content(patient=patient, facts=tuple(facts), orders=requests, remarks=(*told, *remarks))


def _patient(message: Message, origin: Origin) -> Content:
    facts, remarks = clinical_facts(message, origin)
    return Content(
        patient=patient_details(message.require("PID"), origin),
        visit=visit(message),
        facts=tuple(facts),
        remarks=tuple(remarks),
    )


def _merges(message: Message, origin: Origin) -> Content:
    return Content(merges=merge_requests(message, origin))


def _appointments(message: Message, origin: Origin) -> Content:
    request = appointment_request(message, origin)
    pid = message.first("PID")
    facts, remarks = clinical_facts(message, origin) if pid else ([], [])
    return Content(
        patient=patient_details(pid, origin) if pid else None,
        facts=tuple(facts),
        appointments=(request,),
        remarks=tuple(remarks),
    )


def _results(message: Message, origin: Origin) -> Content:
    facts, remarks = clinical_facts(message, origin, from_=FactOrigin.LABORATORY)
    pid = message.first("PID")
    return Content(
        patient=patient_details(pid, origin) if pid else None,
        facts=tuple(facts) if pid else (),
        reports=report_requests(message, origin),
        results=True,
        remarks=tuple(remarks),
    )


_READERS: dict[str, dict[str, Callable[[Message, Origin], Content]]] = {
    "ORM": {"O01": _orders},
    "OMG": {"O19": _orders},
    "OMI": {"O23": _orders},
    # Answers to our own orders that come by a message of their own.
    "ORR": {"O02": _orders},
    "ORG": {"O20": _orders},
    "ORI": {"O24": _orders},
    "ORU": {"R01": _results},
    "SIU": dict.fromkeys(("S12", "S13", "S14", "S15", "S26"), _appointments),
    "ADT": {
        **dict.fromkeys(
            (
                *("A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08"),
                *("A10", "A11", "A12", "A13", "A28", "A31", "A38"),
            ),
            _patient,
        ),
        **dict.fromkeys(("A40", "A47"), _merges),
    },
}


def _missing(header: Segment, field: int, name: str, example: str) -> MessageError:
    return MessageError(
        _(
            "MSH-%(field)s (%(name)s) is missing: send %(example)s.",
            field=field,
            name=name,
            example=example,
        ),
        code=ErrorCode.REQUIRED_FIELD_MISSING,
        location=header.at(field),
    )


def _event_not_taken(message: Message, taken: str) -> MessageError:
    event = message.header.text(9, 2)
    return MessageError(
        _(
            "The event %(event)s is not taken here: send %(taken)s.",
            event=repr(event[:16]),
            taken=taken,
        ),
        code=ErrorCode.UNSUPPORTED_EVENT,
        location=message.header.repetition(9).at(2),
        acknowledgement=AckCode.REJECT,
    )
