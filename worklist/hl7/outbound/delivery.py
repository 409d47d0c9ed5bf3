"""Deliver what waits for a peer, in order, each message once it is answered.

A message is delivered at least once: where a worker dies between the peer's answer and the
commit, the next one sends the very same bytes with the same MSH-10, by which the receiver knows
it again. Only one worker at a time sends to a peer; the database's lock ends with its transaction.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum, auto

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worklist import db, nudge
from worklist.backoff import has_come, is_due, pause_after
from worklist.clock import Clock
from worklist.errors import DomainError
from worklist.hl7.models import OutboundMessage, OutboxState
from worklist.hl7.outbound import answers, metrics
from worklist.hl7.outbound.answers import Answer, Outcome
from worklist.hl7.outbound.links import DeliveryError, Link, link_to
from worklist.hl7.peers.file import PeerEntry
from worklist.hl7.peers.models import MessageChoice, Peer
from worklist.hl7.peers.queries import as_entry
from worklist.orders import placer_number

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)
_LOCK = 0x4F555443
_PLACE_LOCK = 0x4F555444
_TURN_SECONDS = 10.0

log = structlog.get_logger(__name__)


class _Turn(Enum):
    """What came of looking at the head of a peer's queue."""

    DONE = auto()
    NOTHING = auto()
    BUSY = auto()


def deliver(
    sessions: db.SessionFactory,
    peer_id: int,
    *,
    clock: Clock,
    at_once: int = 1,
    connect: Callable[[PeerEntry], Link] = link_to,
) -> list[int]:
    """Send what is due to the peer for one turn; returns the peers to whom something is due then.

    Args:
        sessions: Makes the transactions.
        peer_id: Whom to send to. Where another worker is at it, this one leaves the work to it.
        clock: Tells the time.
        at_once: How many workers may be sending at a time, so that peers that answer slowly do
            not keep all of them from their other work; one more returns at once.
        connect: Makes the way to the peer.
    """
    with db.transaction(sessions) as place:
        if not _has_place(place, at_once):
            return []
        connection = _Connection(connect)
        try:
            if _serve(sessions, peer_id, connection, clock=clock) is _Turn.BUSY:
                return []
        finally:
            connection.close()
    with db.transaction(sessions) as session:
        return peers_to_serve(session, now=clock())


def peers_to_serve(session: Session, *, now: datetime) -> list[int]:
    """Return the peers to whom a message is due, for the sweep."""
    heads = (
        select(OutboundMessage.destination, func.min(OutboundMessage.id).label("id"))
        .where(OutboundMessage.state == OutboxState.WAITING)
        .group_by(OutboundMessage.destination)
        .subquery()
    )
    statement = (
        select(Peer.id)
        .join(heads, heads.c.destination == Peer.name)
        .join(OutboundMessage, OutboundMessage.id == heads.c.id)
        .where(Peer.active, ~Peer.paused)
        .where(is_due(OutboundMessage.next_attempt_at, now=now, longest=_LONGEST_PAUSE))
        .order_by(Peer.id)
    )
    return list(session.scalars(statement))


def _has_place(session: Session, at_once: int) -> bool:
    """Take one of the places for workers that send, until the session's transaction ends."""
    return any(
        session.scalar(select(func.pg_try_advisory_xact_lock(_PLACE_LOCK, number)))
        for number in range(at_once)
    )


def _serve(
    sessions: db.SessionFactory, peer_id: int, connection: "_Connection", *, clock: Clock
) -> "_Turn":
    """Send one message after the other until the turn ends or nothing is due."""
    ends = time.monotonic() + _TURN_SECONDS
    turn = _Turn.DONE
    while turn is _Turn.DONE and time.monotonic() < ends:
        turn = _take_turn(sessions, peer_id, connection, clock=clock)
    return turn


def _take_turn(
    sessions: db.SessionFactory, peer_id: int, connection: "_Connection", *, clock: Clock
) -> _Turn:
    """Send the head of the queue if it is due; what came of it is committed with the lock.

    The message's row is not locked meanwhile, so that a page need not wait for the peer.
    """
    with db.transaction(sessions) as session:
        if not session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK, peer_id))):
            return _Turn.BUSY
        row = session.get(Peer, peer_id)
        message = _head(session, row.name) if row and row.active and not row.paused else None
        if row is None or message is None:
            return _Turn.NOTHING
        if not has_come(message.next_attempt_at, now=clock(), longest=_LONGEST_PAUSE):
            return _Turn.NOTHING
        peer = as_entry(row)
        raw, answer = connection.send(peer, message)
        session.refresh(message, with_for_update=True)
        message.acknowledgement = raw
        _note(session, peer, message, answer, now=clock())
        nudge.live(session, "outbox", peer_id)
        return _Turn.DONE


def _head(session: Session, destination: str) -> OutboundMessage | None:
    return session.scalar(
        select(OutboundMessage)
        .where(
            OutboundMessage.destination == destination,
            OutboundMessage.state == OutboxState.WAITING,
        )
        .order_by(OutboundMessage.id)
        .limit(1)
    )


class _Connection:
    """The way to a peer, kept from one message to the next while the profile stays as it is."""

    def __init__(self, connect: Callable[[PeerEntry], Link]) -> None:
        self._connect = connect
        self._peer: PeerEntry | None = None
        self._link: Link | None = None

    def send(self, peer: PeerEntry, message: OutboundMessage) -> tuple[bytes | None, Answer]:
        """Send the message; returns the answer as it came and what it says."""
        if peer != self._peer:
            self.close()
        try:
            self._link = self._link or self._connect(peer)
            self._peer = peer
            raw = self._link.send(message.payload)
        except DeliveryError as error:
            return None, Answer(Outcome.AGAIN, str(error))
        answer = answers.read(raw, message.control_id, assumed=peer.assumed_character_sets)
        if answer.outcome is Outcome.AGAIN:
            # What comes next on this connection may be the answer to something else.
            self.close()
        return raw, answer

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
        self._link = self._peer = None


def _note(
    session: Session, peer: PeerEntry, message: OutboundMessage, answer: Answer, *, now: datetime
) -> None:
    """Write down what came of an attempt; one that a person gave up meanwhile stays given up."""
    message.attempts += 1
    message.error_text = answer.text
    if answer.outcome is Outcome.DELIVERED:
        message.state, message.delivered_at = OutboxState.DELIVERED, now
        if answer.placer and message.choice == MessageChoice.ORDER_NUMBER:
            message.error_text = _take_number(session, peer, message, answer.placer, now=now)
    elif answer.outcome is Outcome.REFUSED:
        message.state = OutboxState.REFUSED
    else:
        message.next_attempt_at = now + pause_after(
            message.attempts, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE
        )
    metrics.ATTEMPTS.labels(peer.name, answer.outcome).inc()
    tell = log.info if answer.outcome is Outcome.DELIVERED else log.warning
    tell(
        "outbox.attempt",
        message_id=message.id,
        peer=peer.name,
        type=message.message_type,
        outcome=answer.outcome,
        attempts=message.attempts,
    )


def _take_number(
    session: Session,
    peer: PeerEntry,
    message: OutboundMessage,
    placer: tuple[str, str],
    *,
    now: datetime,
) -> str:
    """Give our order the number that its placer answered; returns what stands in the way."""
    number, issuer = placer
    if message.event.order_id is None:
        return ""
    try:
        placer_number.assign(
            session,
            message.event.order_id,
            number=number,
            issuer=issuer,
            actor=f"peer:{peer.name}",
            now=now,
        )
    except DomainError as error:
        return str(error)
    return ""
