"""Answers that come later than the acknowledgement: what became of a message once it was done.

Enhanced mode (HL7 v2.5 section 2.9.3): where both MSH-15 and MSH-16 asked, the accept
acknowledgement went at once, the application acknowledgement is a message of its own. An order
that could not be done is told back as HL7 table 0119 has it (UA, UX, UC ...), where the peer
wants to hear of it.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy.orm import Session

from worklist.audit.models import AuditEvent
from worklist.hl7 import acknowledge, decode, senders
from worklist.hl7.acknowledge import waits_for_application
from worklist.hl7.errors import AckCode, ErrorCode, Location, MessageError
from worklist.hl7.message import Message, Segment, parse
from worklist.hl7.models import InboundMessage
from worklist.hl7.order_response import answered, order_response
from worklist.hl7.outbound import order_messages
from worklist.hl7.outbound.fields import ENCODING, components, moment, segment, text
from worklist.hl7.outbound.segments import Draft
from worklist.hl7.outbound.subject import Audience
from worklist.hl7.peers.file import PeerEntry
from worklist.hl7.peers.models import AcknowledgementProfile, MessageChoice, OrderMessage
from worklist.hl7.write import line_of, recoded, with_field

ACTIONS = frozenset({"message.accepted", "message.failed"})

_ORDERS = frozenset({"ORM", "OMG", "OMI"})


def find(
    session: Session, event: AuditEvent, listening: Iterable[tuple[int, PeerEntry]]
) -> tuple[int, PeerEntry, MessageChoice] | None:
    """Return whom the event is told, and how; None where nobody wants to know."""
    received = session.get_one(InboundMessage, event.detail["message_id"])
    sender = senders.peer_of(session, received.raw, received.peer)
    for peer_id, peer in listening:
        if sender is not None and peer.name == sender.name:
            choice = _choice(event, _read(received, peer), peer)
            return (peer_id, peer, choice) if choice else None
    return None


def draft(
    session: Session, event: AuditEvent, choice: MessageChoice, audience: Audience
) -> Draft | None:
    """Write the answer without its MSH."""
    received = session.get_one(InboundMessage, event.detail["message_id"])
    message = _read(received, audience.peer)
    return reply(event, message, choice, audience) if message else None


def reply(event: AuditEvent, message: Message, choice: MessageChoice, audience: Audience) -> Draft:
    """Write the answer to a message, to the application that sent it."""
    header = recoded(message.header, ENCODING)
    back = {5: header.raw(3), 6: header.raw(4)}
    write = _acknowledgement if choice is MessageChoice.ACKNOWLEDGEMENT else _refusal
    made = write(event, message, audience)
    return Draft(made.type, made.control, made.segments, back | dict(made.header))


def _read(received: InboundMessage, peer: PeerEntry) -> Message | None:
    """Return the message that is answered, None where it cannot even be read."""
    try:
        found = decode.decode(received.raw, assumed=peer.assumed_character_sets)
        return parse(found.text, codec=found.codec)
    except MessageError:
        return None


def _choice(event: AuditEvent, message: Message | None, peer: PeerEntry) -> MessageChoice | None:
    """Return how the sender hears of it: by one message, and again only where it is taken back."""
    if message is None:
        return None
    failed, once_failed = event.action == "message.failed", event.detail["once_failed"]
    if waits_for_application(message.header, failed=failed) and not once_failed:
        return MessageChoice.ACKNOWLEDGEMENT
    told = failed != once_failed
    is_order = message.header.text(9).upper() in _ORDERS
    wanted = MessageChoice.ORDER_REFUSED in peer.sends
    return MessageChoice.ORDER_REFUSED if told and is_order and wanted else None


def _acknowledgement(event: AuditEvent, message: Message, audience: Audience) -> Draft:
    """MSA, ERR and, for a peer that wants it, the orders: it is accepted, not answered, in turn."""
    peer, version = audience.peer, audience.peer.version_numbers
    error = _error(event)
    code = error.acknowledgement if error else AckCode.ACCEPT
    kind = ["ACK", message.header.text(9, 2), "ACK"]
    lines = [acknowledge.msa(recoded(message.header, ENCODING), code, error, version, ENCODING)]
    if error:
        lines.append(acknowledge.err(error, version, ENCODING))
    response = None
    if peer.acknowledgement is AcknowledgementProfile.APPLICATION:
        response = order_response(_recoded(message), error)
    if response:
        kind = list(response.type)
        lines += response.segments
    return Draft("^".join(kind), code, tuple(lines), {15: "AL", 16: "NE"})


def _refusal(event: AuditEvent, message: Message, audience: Audience) -> Draft:
    """The orders with what they were answered; ORC-16 says why."""
    error = _error(event)
    lines = list(_orders(_recoded(message), event, audience, error))
    control = next((line.split("|")[1] for line in lines if line.startswith("ORC")), "")
    return Draft(order_messages.TYPES[audience.peer.order_message], control, tuple(lines))


def _orders(
    message: Message, event: AuditEvent, audience: Audience, error: MessageError | None
) -> Iterator[str]:
    """PID, and an ORC with an OBR for each of the message's."""
    needs_obr = audience.peer.order_message is OrderMessage.OMG
    without: Segment | None = None
    for one in message.segments:
        if one.name == "PID":
            yield line_of(one)
        elif one.name == "OBR":
            without = None
            yield line_of(one)
        elif one.name == "ORC":
            if without is not None and needs_obr:
                yield _obr(without)
            without = one
            orc = with_field(answered(one, refused=error is not None), 9, _when(event, audience))
            yield line_of(with_field(orc, 16, components("", text(error.text)) if error else ""))
    if without is not None and needs_obr:
        yield _obr(without)


def _obr(orc: Segment) -> str:
    """OBR of a mere cancel or status, which came without one: the order's numbers."""
    return segment("OBR", {1: "1", 2: orc.raw(2), 3: orc.raw(3)})


def _when(event: AuditEvent, audience: Audience) -> str:
    return moment(event.occurred_at, audience.zone)


def _error(event: AuditEvent) -> MessageError | None:
    detail = event.detail
    if event.action != "message.failed":
        return None
    return MessageError(
        detail["text"],
        code=ErrorCode(detail["code"]),
        location=_location(detail["location"]),
        acknowledgement=AckCode(detail["acknowledgement"]),
    )


def _location(text_: str) -> Location | None:
    name, *numbers = text_.split("^")
    return Location(name, *map(int, numbers)) if name else None


def _recoded(message: Message) -> Message:
    return Message(tuple(recoded(one, ENCODING) for one in message.segments))
