"""Keep the beginning of a message that did not come whole: too long, or broken off."""

from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from worklist import db
from worklist.audit import service as audit
from worklist.errors import ConflictError
from worklist.hl7 import intake, metrics
from worklist.hl7.acknowledge import Acknowledgement, acknowledge
from worklist.hl7.errors import AckCode, ErrorCode, MessageError
from worklist.hl7.interpret import Interpretation, interpret
from worklist.hl7.models import InboundMessage
from worklist.language.text import _

KEPT_BYTES = 64 * 1024

log = structlog.get_logger(__name__)


def too_long(limit: int) -> MessageError:
    """Return the error of a message that is longer than ``limit`` bytes."""
    return MessageError(
        _(
            "The message is longer than %(limit)s bytes: send it in parts, or have the limit "
            "raised (WORKLIST_MLLP_MAX_MESSAGE_BYTES). Only its beginning is kept.",
            limit=limit,
        ),
        code=ErrorCode.INTERNAL,
        acknowledgement=AckCode.REJECT,
    )


def broken_off(received: int) -> MessageError:
    """Return the error of a message of which only so many bytes came."""
    return MessageError(
        _(
            "The message broke off after %(received)s bytes and was not answered: its sender has "
            "to send it again. Only its beginning is kept.",
            received=received,
        ),
        code=ErrorCode.INTERNAL,
        acknowledgement=AckCode.REJECT,
    )


def keep(
    sessions: db.SessionFactory,
    beginning: bytes,
    error: MessageError,
    *,
    channel: str,
    peer: str,
    now: datetime,
    zone: ZoneInfo,
    answered: bool,
) -> Acknowledgement:
    """Store the first `KEPT_BYTES` as a FAILED message; returns AR, or nothing if not ``answered``.

    Where the database is away the beginning is lost; that it came is in the log.
    """
    kept = beginning[:KEPT_BYTES]
    header = interpret(kept, zone=zone, now=now).header
    reading = Interpretation(header, "latin-1", error=error)
    answer = acknowledge(header, error, now=now.astimezone(zone), codec="utf-8")
    if not answered:
        answer = Acknowledgement(answer.code, b"")
    try:
        with db.transaction(sessions) as session:
            message_id = intake.store(
                session, kept, reading, answer, channel=channel, peer=peer, now=now, complete=False
            )
            if message_id is not None:
                audit.record(
                    session,
                    "message.incomplete",
                    actor="system:hl7",
                    now=now,
                    message_id=message_id,
                )
    except SQLAlchemyError as problem:
        log.error("hl7.not_stored", peer=peer, error=type(problem).__name__)  # noqa: TRY400 - its text may hold a patient's name
    metrics.RECEIVED.labels(channel).inc()
    if answered:
        metrics.ACKNOWLEDGED.labels(answer.code).inc()
    return answer


def check_complete(message: InboundMessage) -> None:
    """Raise ConflictError where only the beginning of the message is kept."""
    if not message.complete:
        raise ConflictError(
            _(
                "Only the first %(raw)s bytes of this message are kept: have its sender send it "
                "again.",
                raw=len(message.raw),
            )
        )
