"""Reads for the pages about outgoing messages and their peers."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, defer

from worklist.errors import NotFoundError
from worklist.hl7 import decode
from worklist.hl7.errors import MessageError
from worklist.hl7.models import OutboundMessage, OutboxState
from worklist.hl7.peers.models import Direction, Peer
from worklist.language.text import _

Column = InstrumentedAttribute[Any] | ColumnElement[Any]

_OF_EVENT = ("action", "patient_id", "order_id", "exam_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFilter:
    """Which messages are wanted; what is left out does not matter. ``control_id`` is MSH-10."""

    state: OutboxState | None = None
    destination: str = ""
    control_id: str = ""


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

    @classmethod
    def of(cls, message: OutboundMessage) -> Self:
        """Describe a message and the event that it was made from."""
        event = message.event
        of_event = {name: getattr(event, name) for name in _OF_EVENT}
        others = [one.name for one in fields(cls) if one.name not in of_event]
        return cls(**of_event, **{name: getattr(message, name) for name in others})


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


def outbox(wanted: OutboxFilter) -> Select[OutboundMessage]:
    """Return the statement of the messages that fit, with their events, without content."""
    statement = _with_events()
    equal: dict[Column, str | None] = {
        OutboundMessage.state: wanted.state,
        OutboundMessage.destination: wanted.destination or None,
        OutboundMessage.control_id: wanted.control_id or None,
    }
    given = [column == value for column, value in equal.items() if value is not None]
    return statement.where(*given)


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
    same_event = _with_events().where(
        OutboundMessage.event_id == row.event_id,
        OutboundMessage.destination == row.destination,
        OutboundMessage.choice == row.choice,
    )
    found = session.scalars(same_event.order_by(OutboundMessage.id))
    lines = [OutboxLine.of(one) for one in found]
    return OutboxMessage(
        line=next(one for one in lines if one.id == message_id),
        text=_readable(row.payload),
        answer=_readable(row.acknowledgement or b""),
        others=tuple(one for one in lines if one.id != message_id),
    )


def names(session: Session) -> Sequence[str]:
    """Return the names of all peers."""
    return session.scalars(select(Peer.name).order_by(Peer.name)).all()


def states_of(session: Session, peers: Sequence[Peer]) -> list[PeerState]:
    """Return these peers with the state of their deliveries, with four statements."""
    named = [one.name for one in peers]
    queues = _queues(session, named)
    heads = _heads(session, [first for _count, first in queues.values()])
    troubled = _troubled(session, named)
    delivered = _delivered(session, named)
    found = []
    for one in peers:
        count, first = queues.get(one.name, (0, 0))
        trouble = (
            troubled.get((one.name, OutboxState.REFUSED), 0),
            troubled.get((one.name, OutboxState.FAILED), 0),
        )
        found.append(_state(one, count, heads.get(first), delivered.get(one.name), trouble))
    return found


def waiting_for(peer: Column) -> ColumnElement[int]:
    """Return how many messages wait for the peer of this name."""
    waits = (OutboundMessage.destination == peer) & (OutboundMessage.state == OutboxState.WAITING)
    return select(func.count()).where(waits).scalar_subquery()


def delivered_to(peer: Column) -> ColumnElement[datetime | None]:
    """Return when the peer of this name took a message last."""
    taken = (OutboundMessage.destination == peer) & (OutboundMessage.state == OutboxState.DELIVERED)
    return select(func.max(OutboundMessage.delivered_at)).where(taken).scalar_subquery()


def _with_events() -> Select[OutboundMessage]:
    return (
        select(OutboundMessage)
        .join(OutboundMessage.event)
        .options(
            contains_eager(OutboundMessage.event),
            defer(OutboundMessage.payload),
            defer(OutboundMessage.acknowledgement),
        )
    )


def _queues(session: Session, named: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return how many messages wait for each destination, and the id of the first."""
    rows = session.execute(
        select(
            OutboundMessage.destination,
            func.count(OutboundMessage.id),
            func.min(OutboundMessage.id),
        )
        .where(OutboundMessage.state == OutboxState.WAITING, OutboundMessage.destination.in_(named))
        .group_by(OutboundMessage.destination)
    )
    return {destination: (count, first) for destination, count, first in rows}


def _heads(session: Session, ids: Sequence[int]) -> dict[int, OutboundMessage]:
    """Return the messages that the others of their queues wait for."""
    statement = (
        select(OutboundMessage)
        .where(OutboundMessage.id.in_(ids))
        .options(defer(OutboundMessage.payload), defer(OutboundMessage.acknowledgement))
    )
    return {one.id: one for one in session.scalars(statement)}


def _troubled(session: Session, named: Sequence[str]) -> dict[tuple[str, OutboxState], int]:
    """Count the messages without a later replay that were refused or could not be written."""
    rows = session.execute(
        select(OutboundMessage.destination, OutboundMessage.state, func.count())
        .where(
            OutboundMessage.state.in_((OutboxState.REFUSED, OutboxState.FAILED)),
            OutboundMessage.destination.in_(named),
        )
        .group_by(OutboundMessage.destination, OutboundMessage.state)
    )
    return {(destination, state): count for destination, state, count in rows}


def _delivered(session: Session, named: Sequence[str]) -> dict[str, datetime | None]:
    """Return when each took a message last, each looked up at the end of its own index."""
    statement = select(Peer.name, delivered_to(Peer.name)).where(Peer.name.in_(named))
    return dict(session.execute(statement).all())


def _state(
    peer: Peer,
    waiting: int,
    head: OutboundMessage | None,
    delivered: datetime | None,
    trouble: tuple[int, int],
) -> PeerState:
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
        waiting=waiting,
        waiting_since=head.created_at if head else None,
        next_attempt_at=head.next_attempt_at if head else None,
        attempts=head.attempts if head else 0,
        last_error=head.error_text if head else "",
        last_delivered_at=delivered,
        refused=trouble[0],
        failed=trouble[1],
    )


def _readable(content: bytes) -> str:
    """Return a message as text; bytes outside of its character set as they are in Latin-1."""
    try:
        return decode.decode(content, assumed=("UNICODE UTF-8", "8859/1")).text
    except MessageError:
        return content.decode("latin-1")
