"""Reads for the pages about outgoing messages and their peers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from worklist.audit.models import AuditEvent
from worklist.errors import NotFoundError
from worklist.hl7 import decode
from worklist.hl7.errors import MessageError
from worklist.hl7.models import OutboundMessage, OutboxState
from worklist.hl7.peers.models import Direction, Peer
from worklist.language.text import _


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxLine:
    """One outgoing message in a list."""

    id: int
    destination: str
    choice: str
    message_type: str
    control: str
    control_id: str
    state: OutboxState
    replay: int
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    delivered_at: datetime | None
    error_text: str
    action: str
    patient_id: int | None
    order_id: int | None
    exam_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """One outgoing message with what was sent, what was answered, and its replays."""

    line: OutboxLine
    text: str
    answer: str
    others: tuple[OutboxLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerState:
    """A peer and how deliveries to it go.

    ``last_error`` is that of the message at the head of its queue, which the others wait for;
    ``refused`` and ``failed`` count messages that a person should look at.
    """

    id: int
    name: str
    description: str
    direction: Direction
    address: str
    version: str
    active: bool
    paused: bool
    sends: tuple[str, ...]
    waiting: int
    waiting_since: datetime | None
    next_attempt_at: datetime | None
    attempts: int
    last_error: str
    last_delivered_at: datetime | None
    refused: int
    failed: int


_COLUMNS = (
    OutboundMessage.id,
    OutboundMessage.destination,
    OutboundMessage.choice,
    OutboundMessage.message_type,
    OutboundMessage.control,
    OutboundMessage.control_id,
    OutboundMessage.state,
    OutboundMessage.replay,
    OutboundMessage.attempts,
    OutboundMessage.created_at,
    OutboundMessage.next_attempt_at,
    OutboundMessage.delivered_at,
    OutboundMessage.error_text,
    AuditEvent.action,
    AuditEvent.patient_id,
    AuditEvent.order_id,
    AuditEvent.exam_id,
)


def outbox(
    session: Session,
    *,
    states: Iterable[OutboxState] = (),
    destination: str = "",
    patient_id: int | None = None,
    order_id: int | None = None,
    exam_id: int | None = None,
    control_id: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[OutboxLine]:
    """Return outgoing messages, newest first.

    Args:
        session: Any.
        states: Only those in one of these states.
        destination: Only those to this peer.
        patient_id: Only those about this patient.
        order_id: Only those about this order.
        exam_id: Only those about this exam.
        control_id: Only the one with this MSH-10.
        before: Only those older than the message with this id: the last one of the page before.
        limit: At most so many.
    """
    statement = _lines().order_by(OutboundMessage.id.desc()).limit(limit)
    wanted = list(states)
    if wanted:
        statement = statement.where(OutboundMessage.state.in_(wanted))
    if before is not None:
        statement = statement.where(OutboundMessage.id < before)
    equal = {
        OutboundMessage.destination: destination or None,
        OutboundMessage.control_id: control_id or None,
        AuditEvent.patient_id: patient_id,
        AuditEvent.order_id: order_id,
        AuditEvent.exam_id: exam_id,
    }
    for column, value in equal.items():
        if value is not None:
            statement = statement.where(column == value)
    return [OutboxLine(**row) for row in session.execute(statement).mappings()]


def message(session: Session, message_id: int) -> OutboxMessage:
    """Return one outgoing message with its text and answer.

    Raises:
        NotFoundError: there is none with this id.
    """
    row = session.get(OutboundMessage, message_id)
    if row is None:
        raise NotFoundError(
            _("There is no outgoing message %(message_id)s.", message_id=message_id)
        )
    same_event = _lines().where(
        OutboundMessage.event_id == row.event_id,
        OutboundMessage.destination == row.destination,
        OutboundMessage.choice == row.choice,
    )
    found = session.execute(same_event.order_by(OutboundMessage.id)).mappings()
    lines = [OutboxLine(**one) for one in found]
    return OutboxMessage(
        line=next(one for one in lines if one.id == message_id),
        text=_readable(row.payload),
        answer=_readable(row.acknowledgement or b""),
        others=tuple(one for one in lines if one.id != message_id),
    )


def peer_states(session: Session) -> list[PeerState]:
    """Return every peer with the state of its deliveries, those in use first."""
    waiting = _queues(session)
    troubled = _troubled(session)
    peers = session.scalars(select(Peer).order_by(Peer.active.desc(), Peer.name))
    return [_state(session, peer, waiting.get(peer.name), troubled) for peer in peers]


def _lines() -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS).join(AuditEvent, AuditEvent.id == OutboundMessage.event_id)


def _queues(session: Session) -> dict[str, tuple[int, int]]:
    """Return how many messages wait for each destination, and the id of the first."""
    rows = session.execute(
        select(
            OutboundMessage.destination,
            func.count(OutboundMessage.id),
            func.min(OutboundMessage.id),
        )
        .where(OutboundMessage.state == OutboxState.WAITING)
        .group_by(OutboundMessage.destination)
    )
    return {destination: (count, first) for destination, count, first in rows}


def _troubled(session: Session) -> dict[tuple[str, OutboxState], int]:
    """Count the messages without a later replay that were refused or could not be written."""
    rows = session.execute(
        select(OutboundMessage.destination, OutboundMessage.state, func.count())
        .where(OutboundMessage.state.in_((OutboxState.REFUSED, OutboxState.FAILED)))
        .group_by(OutboundMessage.destination, OutboundMessage.state)
    )
    return {(destination, state): count for destination, state, count in rows}


def _state(
    session: Session,
    peer: Peer,
    queue: tuple[int, int] | None,
    troubled: dict[tuple[str, OutboxState], int],
) -> PeerState:
    count, first = queue or (0, None)
    head = session.get(OutboundMessage, first) if first is not None else None
    delivered = session.scalar(
        select(func.max(OutboundMessage.delivered_at)).where(
            OutboundMessage.destination == peer.name,
            OutboundMessage.state == OutboxState.DELIVERED,
        )
    )
    return PeerState(
        id=peer.id,
        name=peer.name,
        description=peer.description,
        direction=peer.direction,
        address=peer.url or (f"{peer.host}:{peer.port}" if peer.host else ""),
        version=peer.version,
        active=peer.active,
        paused=peer.paused,
        sends=tuple(peer.sends),
        waiting=count,
        waiting_since=head.created_at if head else None,
        next_attempt_at=head.next_attempt_at if head else None,
        attempts=head.attempts if head else 0,
        last_error=head.error_text if head else "",
        last_delivered_at=delivered,
        refused=troubled.get((peer.name, OutboxState.REFUSED), 0),
        failed=troubled.get((peer.name, OutboxState.FAILED), 0),
    )


def _readable(content: bytes) -> str:
    """Return a message as text; bytes outside of its character set as they are in Latin-1."""
    try:
        return decode.decode(content, assumed=("UNICODE UTF-8", "8859/1")).text
    except MessageError:
        return content.decode("latin-1")
