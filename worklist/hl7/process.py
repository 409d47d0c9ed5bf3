"""Do what a stored message asks for, once, in the order of its patients and orders."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import exists, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.exc import StaleDataError

from worklist import db, nudge
from worklist.audit import service as audit
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.hl7 import metrics, senders
from worklist.hl7.acknowledge import waits_for_application
from worklist.hl7.content import Content
from worklist.hl7.effects import apply
from worklist.hl7.errors import ErrorCode, MessageError
from worklist.hl7.incomplete import check_complete
from worklist.hl7.intake import PROCESS_TASK
from worklist.hl7.interpret import Interpretation, interpret
from worklist.hl7.models import InboundMessage, InboxState
from worklist.hl7.peers.file import PeerEntry
from worklist.language.text import _

# A message may meet another transaction; after so many times something else is wrong with it.
MOST_ATTEMPTS = 8

log = structlog.get_logger(__name__)


def process(
    sessions: db.SessionFactory, message_id: int, *, now: datetime, zone: ZoneInfo
) -> list[int]:
    """Process one message if it is its turn, and return the ids of those that waited for it.

    It is its turn when it is RECEIVED, no other worker has it, and no earlier RECEIVED message is
    about the same patient or order. What it does and its new state are one transaction. What
    cannot be done leaves it FAILED with the reason; a passing trouble of the database leaves it
    RECEIVED for the next try. Calling it again for a message that is done changes nothing.
    """
    try:
        with db.transaction(sessions) as session:
            message = _take(session, message_id)
            if message is None:
                return []
            lanes = message.lanes
            _do(session, message, now=now, zone=zone)
        metrics.PROCESSED.inc()
        log.info("hl7.processed", message_id=message_id)
    except MessageError as error:
        lanes = _fail(sessions, message_id, error, now=now)
    except DomainError as error:
        failure = MessageError(str(error), code=ErrorCode.INTERNAL)
        lanes = _fail(sessions, message_id, failure, now=now)
    except (DBAPIError, StaleDataError) as error:
        lanes = _try_again_later(sessions, message_id, error, now=now)
    except Exception:
        log.exception("hl7.crashed", message_id=message_id)
        failure = MessageError(
            _(
                "An error in this program stopped the message: it is in the log. Replay the "
                "message once the error is fixed."
            ),
            code=ErrorCode.INTERNAL,
        )
        lanes = _fail(sessions, message_id, failure, now=now)
    return _successors(sessions, message_id, lanes)


def replay(session: Session, message_id: int, *, actor: str, now: datetime, zone: ZoneInfo) -> None:
    """Have a FAILED message processed again after its cause was mended.

    Raises:
        NotFoundError: there is no such message.
        ConflictError: it has not failed, or is not kept whole.
    """
    message = session.get(InboundMessage, message_id, with_for_update=True)
    if message is None:
        raise NotFoundError(_("There is no message %(message_id)s.", message_id=message_id))
    if message.state != InboxState.FAILED:
        raise ConflictError(
            _("This message is %(state)s: only a failed one can be replayed.", state=message.state)
        )
    check_complete(message)
    _peer, reading = _read(session, message, zone)
    message.lanes = reading.content.lanes if reading.content else []
    message.state = InboxState.RECEIVED
    message.attempts = 0
    audit.record(session, "message.replayed", actor=actor, now=now, message_id=message_id)
    session.flush()
    nudge.task(session, PROCESS_TASK, message_id)


def waiting(session: Session, *, limit: int = 500) -> Sequence[int]:
    """Return the ids of RECEIVED messages, oldest first, for the sweep."""
    statement = (
        select(InboundMessage.id)
        .where(InboundMessage.state == InboxState.RECEIVED)
        .order_by(InboundMessage.id)
        .limit(limit)
    )
    return session.scalars(statement).all()


def _take(session: Session, message_id: int) -> InboundMessage | None:
    """Lock the message if it is its turn.

    An earlier message that another worker has in hand is still RECEIVED for us; that worker
    finds this one when it has committed.
    """
    message = session.scalar(
        select(InboundMessage)
        .where(InboundMessage.id == message_id, InboundMessage.state == InboxState.RECEIVED)
        .with_for_update(skip_locked=True)
    )
    if message is None:
        return None
    earlier = aliased(InboundMessage)
    blocked = exists().where(
        earlier.state == InboxState.RECEIVED,
        earlier.id < message_id,
        earlier.lanes.overlap(message.lanes),
    )
    return None if session.scalar(select(blocked)) else message


def _do(session: Session, message: InboundMessage, *, now: datetime, zone: ZoneInfo) -> None:
    peer, reading = _read(session, message, zone)
    if reading.error is not None:
        raise reading.error
    content = reading.content or Content()
    outcome = apply(
        session,
        content,
        actor=f"peer:{message.sending_application or message.peer}"[:100],
        now=now,
    )
    message.patient_id = outcome.patient_id
    message.order_id = outcome.order_id
    message.state = InboxState.PROCESSED
    message.processed_at = now
    message.attempts += 1
    waits = reading.header is not None and waits_for_application(reading.header, failed=False)
    if waits and (peer is None or not peer.is_sent_to):
        outcome.remarks.append(
            _(
                "MSH-16 asks for an application acknowledgement and there is no way to the "
                "sender: give its peer a host and port."
            )
        )
    _tell_sender(session, message, waits=waits, now=now)
    message.error_code = message.error_location = ""
    message.error_text = " ".join((*content.remarks, *outcome.remarks))


def _tell_sender(session: Session, message: InboundMessage, *, waits: bool, now: datetime) -> None:
    """Have the sender told that it is done, where it asked for that or had been told otherwise."""
    once_failed = _once_failed(message)
    if once_failed or waits:
        audit.record(
            session,
            "message.accepted",
            actor="system:hl7",
            now=now,
            patient_id=message.patient_id,
            order_id=message.order_id,
            message_id=message.id,
            once_failed=once_failed,
        )


def _once_failed(message: InboundMessage) -> bool:
    """Return whether its sender may have heard that it failed, itself or what it corrects."""
    return bool(message.error_code) or message.corrects_id is not None


def _read(
    session: Session, message: InboundMessage, zone: ZoneInfo
) -> tuple[PeerEntry | None, Interpretation]:
    """Return the peer that sent the message, and what the message says by its profile."""
    peer = senders.peer_of(session, message.raw, message.peer)
    return peer, interpret(message.raw, zone=zone, now=message.received_at, peer=peer)


def _fail(
    sessions: db.SessionFactory, message_id: int, error: MessageError, *, now: datetime
) -> list[str]:
    with db.transaction(sessions) as session:
        message = session.get_one(InboundMessage, message_id, with_for_update=True)
        if message.state != InboxState.RECEIVED:
            return []
        once_failed = _once_failed(message)
        message.state = InboxState.FAILED
        message.processed_at = now
        message.attempts += 1
        message.error_code = error.code
        message.error_location = str(error.location or "")[:64]
        message.error_text = error.text
        audit.record(
            session,
            "message.failed",
            actor="system:hl7",
            now=now,
            message_id=message_id,
            code=error.code,
            location=message.error_location,
            text=error.text,
            acknowledgement=error.acknowledgement,
            once_failed=once_failed,
        )
        lanes = message.lanes
    metrics.FAILED.labels(error.code).inc()
    log.warning(
        "hl7.failed", message_id=message_id, code=error.code, location=str(error.location or "")
    )
    return lanes


def _try_again_later(
    sessions: db.SessionFactory, message_id: int, error: Exception, *, now: datetime
) -> list[str]:
    """Count the try; give up only on what is no loss of connection and does not pass."""
    log.warning("hl7.interrupted", message_id=message_id, error=type(error).__name__)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return []
    with db.transaction(sessions) as session:
        message = session.get_one(InboundMessage, message_id, with_for_update=True)
        message.attempts += 1
        attempts = message.attempts
        if attempts < MOST_ATTEMPTS:
            nudge.task(session, PROCESS_TASK, message_id)
            return []
    failure = MessageError(
        _(
            "The database refused the message %(attempts)s times (%(name)s): the log has the "
            "details. Replay the message once the cause is fixed.",
            attempts=attempts,
            name=type(error).__name__,
        ),
        code=ErrorCode.INTERNAL,
    )
    return _fail(sessions, message_id, failure, now=now)


def _successors(sessions: db.SessionFactory, message_id: int, lanes: list[str]) -> list[int]:
    if not lanes:
        return []
    with db.transaction(sessions) as session:
        statement = (
            select(InboundMessage.id)
            .where(
                InboundMessage.state == InboxState.RECEIVED,
                InboundMessage.id > message_id,
                InboundMessage.lanes.overlap(lanes),
            )
            .order_by(InboundMessage.id)
        )
        return list(session.scalars(statement))
