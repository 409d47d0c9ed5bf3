"""Take a message in: read, keep its bytes, answer. What it asks for is done later by a worker."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from worklist import nudge
from worklist.errors import ConflictError
from worklist.hl7 import metrics, senders
from worklist.hl7.acknowledge import Acknowledgement, acknowledge
from worklist.hl7.errors import AckCode, ErrorCode, Location, MessageError
from worklist.hl7.interpret import Interpretation, interpret
from worklist.hl7.message import Segment
from worklist.hl7.models import InboundMessage, InboxState
from worklist.language.text import _

PROCESS_TASK = "workers.hl7.process"

# On the table itself: an acknowledgement waits for this, and the mapper has nothing to add.
_INSERT = (
    insert(cast("Table", InboundMessage.__table__))
    .on_conflict_do_nothing()
    .returning(InboundMessage.__table__.c.id)
)
_HEADER_FIELDS = {"sending_application": (3, 227), "sending_facility": (4, 227)}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a transmission is kept but not read, and the header that its answer refers to."""

    header: Segment | None
    error: MessageError


def receive(
    session: Session,
    raw: bytes,
    *,
    channel: str,
    peer: str,
    now: datetime,
    zone: ZoneInfo,
    refusal: Refusal | None = None,
    known_only: bool = False,
) -> Acknowledgement:
    """Store the message and return its answer, which may leave only after the caller's commit.

    The same bytes from the same sender under the same control id are a resend: they get the first
    answer again and do nothing. A message that cannot be read is kept too, as FAILED.

    Args:
        session: In a transaction.
        raw: One message, without the bytes of its transport.
        channel: ``mllp`` or ``http``.
        peer: The sender's network address.
        now: When it arrived.
        zone: The site's time zone, for times without an offset.
        refusal: What is wrong with it as a whole: it is kept as FAILED.
        known_only: Refuse what comes from no known peer.
    """
    if refusal is None:
        reading = _read(session, raw, peer, known_only=known_only, zone=zone, now=now)
    else:
        reading = Interpretation(refusal.header, "latin-1", error=refusal.error)
    answer = acknowledge(
        reading.header,
        reading.error,
        now=now.astimezone(zone),
        codec=reading.codec,
        response=reading.response,
    )
    row = _row(raw, reading, answer, channel=channel, peer=peer, now=now)
    message_id = _store(session, row)
    metrics.RECEIVED.labels(channel).inc()
    if message_id is None:
        metrics.RESENT.labels(channel).inc()
        answer = _first_answer(session, row)
    elif reading.error is None:
        nudge.task(session, PROCESS_TASK, message_id)
    metrics.ACKNOWLEDGED.labels(answer.code).inc()
    log.info(
        "hl7.received",
        message_id=message_id,
        type=row["message_type"],
        channel=channel,
        answer=answer.code,
        error=reading.error.code if reading.error else None,
        resent=answer.resent,
    )
    return answer


def _read(
    session: Session, raw: bytes, address: str, *, known_only: bool, zone: ZoneInfo, now: datetime
) -> Interpretation:
    """Read a message as its sender's, who may have to be a known one."""
    sender = senders.peer_of(session, raw, address)
    reading = interpret(raw, zone=zone, now=now, peer=sender)
    if known_only and sender is None:
        return replace(reading, content=None, error=_unknown_sender(reading.header, address))
    return reading


def store_correction(
    session: Session,
    raw: bytes,
    reading: Interpretation,
    *,
    channel: str,
    peer: str,
    now: datetime,
    zone: ZoneInfo,
) -> InboundMessage:
    """Store a message that a person corrected and that reads well, to be processed.

    Raises:
        ConflictError: the very same message is here already.
    """
    answer = acknowledge(reading.header, None, now=now.astimezone(zone), codec=reading.codec)
    message_id = store(session, raw, reading, answer, channel=channel, peer=peer, now=now)
    if message_id is None:
        raise ConflictError(
            _("The identical message has already been received: look for its control id.")
        )
    nudge.task(session, PROCESS_TASK, message_id)
    return session.get_one(InboundMessage, message_id)


def store(
    session: Session,
    raw: bytes,
    reading: Interpretation,
    answer: Acknowledgement,
    *,
    channel: str,
    peer: str,
    now: datetime,
    complete: bool = True,
) -> int | None:
    """Store a message with its answer and return its id; None where it is there already."""
    row = _row(raw, reading, answer, channel=channel, peer=peer, now=now)
    if not complete:
        row |= {"complete": False} | ({} if answer.content else {"acknowledgement_code": ""})
    return _store(session, row)


def refuse_unavailable(raw: bytes, *, now: datetime) -> Acknowledgement:
    """Answer AR to a message that could not be kept now, so that the sender sends it again."""
    reading = interpret(raw, zone=ZoneInfo("UTC"), now=now)
    error = MessageError(
        _("The message could not be stored just now: send it again later."),
        code=ErrorCode.INTERNAL,
        acknowledgement=AckCode.REJECT,
    )
    metrics.ACKNOWLEDGED.labels(error.acknowledgement).inc()
    return acknowledge(reading.header, error, now=now, codec=reading.codec)


def _unknown_sender(header: Segment | None, address: str) -> MessageError:
    named = f"{_text(header, 3)} of {_text(header, 4)}"
    return MessageError(
        _(
            "The sender %(named)s at %(address)s is none of the peers: load its profile first, "
            "then replay this message.",
            named=named,
            address=address,
        ),
        code=ErrorCode.INTERNAL,
        location=Location("MSH", 1, 3),
        acknowledgement=AckCode.REJECT,
    )


def _row(
    raw: bytes,
    reading: Interpretation,
    answer: Acknowledgement,
    *,
    channel: str,
    peer: str,
    now: datetime,
) -> dict[str, object]:
    error, header = reading.error, reading.header
    return {
        "channel": channel,
        "peer": peer[:64],
        "received_at": now,
        **{name: _text(header, field)[:size] for name, (field, size) in _HEADER_FIELDS.items()},
        "control_id": _text(header, 10)[:199],
        "message_type": f"{_text(header, 9)}^{_text(header, 9, 2)}".strip("^")[:16],
        "version": _text(header, 12)[:16],
        "digest": hashlib.sha256(raw).hexdigest(),
        "raw": raw,
        "lanes": reading.content.lanes if reading.content else [],
        "state": InboxState.FAILED if error else InboxState.RECEIVED,
        "acknowledgement_code": answer.code,
        "acknowledgement": answer.content,
        "error_code": error.code if error else "",
        "error_location": str(error.location or "")[:64] if error else "",
        "error_text": _storable(error.text) if error else "",
        "attempts": 0,
        "complete": True,
    }


def _text(header: Segment | None, field: int, component: int = 1) -> str:
    return _storable(header.text(field, component)) if header else ""


def _storable(text: str) -> str:
    """Leave out NUL, which PostgreSQL's text cannot hold."""
    return text.replace("\x00", "")


def _store(session: Session, row: dict[str, object]) -> int | None:
    """Insert the message and return its id; None when it is there already."""
    return session.execute(_INSERT, row).scalar()


def _first_answer(session: Session, row: dict[str, object]) -> Acknowledgement:
    keys = ("sending_application", "sending_facility", "control_id", "digest")
    code, content = session.execute(
        select(InboundMessage.acknowledgement_code, InboundMessage.acknowledgement).filter_by(
            **{key: row[key] for key in keys}
        )
    ).one()
    return Acknowledgement(AckCode(code), content, resent=True)
