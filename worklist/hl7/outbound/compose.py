"""From events to rows of the outbox: exactly one of each kind for each event and destination.

Events wait as rows of ``announced_events``. One worker at a time takes them, in their order;
what it writes and that it took them are one transaction.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from worklist import db, nudge
from worklist.audit.models import AnnouncedEvent, AuditEvent
from worklist.catalogue.sites import zone_of_first
from worklist.hl7.models import OutboundMessage, OutboxState
from worklist.hl7.outbound import metrics, replies, routes, subject
from worklist.hl7.outbound.subject import Audience, OrderSubject, Subject
from worklist.hl7.outbound.writing import UnwritableError, Written, write
from worklist.hl7.peers.file import PeerEntry
from worklist.hl7.peers.models import MessageChoice, Peer
from worklist.hl7.peers.queries import as_entry

DELIVER_TASK = "workers.outbox.deliver"

_LOCK = 0x4F555442  # any number that nobody else locks
_AT_ONCE = 100

log = structlog.get_logger(__name__)


def announce(sessions: db.SessionFactory, *, now: datetime, zone: ZoneInfo) -> int:
    """Write the messages of every event that waits; returns how many events there were.

    Where another worker is at it already, this one leaves the work to it: whatever was committed
    until that one lets go is found by its last look.
    """
    taken = 0
    while True:
        with db.transaction(sessions) as session:
            if not session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
                return taken
            taken += _announce_some(session, now=now, zone=zone)
        with db.transaction(sessions) as session:
            if not has_announced(session):
                return taken


def has_announced(session: Session) -> bool:
    """Return whether an event waits for its messages."""
    return bool(session.scalar(select(exists(select(AnnouncedEvent.event_id)))))


def write_for(
    session: Session,
    event: AuditEvent,
    choice: MessageChoice,
    peer: PeerEntry,
    *,
    now: datetime,
    zone: ZoneInfo,
) -> Written | None:
    """Write one message of one event; None where there is nothing to tell.

    Raises:
        UnwritableError: a character is not in the peer's character set.
    """
    if event.action in replies.ACTIONS:
        return _write_reply(session, event, choice, peer, now=now, zone=zone)
    about = subject.load(session, event)
    return _write(session, choice, about, peer, now=now, zone=zone) if about else None


def _announce_some(session: Session, *, now: datetime, zone: ZoneInfo) -> int:
    events = session.scalars(
        select(AuditEvent)
        .join(AnnouncedEvent, AnnouncedEvent.event_id == AuditEvent.id)
        .order_by(AuditEvent.id)
        .limit(_AT_ONCE)
    ).all()
    peers = session.scalars(select(Peer).where(Peer.active).order_by(Peer.id)).all()
    listening = [(peer.id, entry) for peer in peers if (entry := as_entry(peer)).is_sent_to]
    for event in events:
        _announce_one(session, event, listening, now=now, zone=zone)
    taken = [event.id for event in events]
    session.execute(delete(AnnouncedEvent).where(AnnouncedEvent.event_id.in_(taken)))
    return len(taken)


def _announce_one(
    session: Session,
    event: AuditEvent,
    listening: Sequence[tuple[int, PeerEntry]],
    *,
    now: datetime,
    zone: ZoneInfo,
) -> None:
    if event.action in replies.ACTIONS:
        found = replies.find(session, event, listening)
        if found is not None:
            peer_id, peer, choice = found
            reply = partial(_write_reply, session, event, choice, peer, now=now, zone=zone)
            _add(session, event, choice, (peer_id, peer), reply, now=now)
        return
    wanted = [
        (peer_id, peer, choice)
        for peer_id, peer in listening
        for choice in routes.choices(event, peer)
    ]
    about = subject.load(session, event) if wanted else None
    if about is None:
        return
    for peer_id, peer, choice in wanted:
        if choice is MessageChoice.PATIENT and not subject.has_orders(session, about.patient):
            continue
        tell = partial(_write, session, choice, about, peer, now=now, zone=zone)
        _add(session, event, choice, (peer_id, peer), tell, now=now)


def _add(
    session: Session,
    event: AuditEvent,
    choice: MessageChoice,
    listener: tuple[int, PeerEntry],
    tell: Callable[[], Written | None],
    *,
    now: datetime,
) -> None:
    """Put what there is to tell into the outbox; what cannot be written is kept as FAILED."""
    peer_id, peer = listener
    written, error_text = _attempt(tell, event, choice, peer)
    if written is None:
        return
    state = OutboxState.FAILED if error_text else OutboxState.WAITING
    metrics.WRITTEN.labels(peer.name, state).inc()
    row = {
        "event_id": event.id,
        "destination": peer.name,
        "replay": 0,
        "choice": choice,
        "control": written.control,
        "message_type": written.type,
        "control_id": written.control_id,
        "payload": written.payload,
        "state": state,
        "attempts": 0,
        "created_at": now,
        "next_attempt_at": now,
        "error_text": error_text,
    }
    session.execute(insert(OutboundMessage).values(row).on_conflict_do_nothing())
    nudge.task(session, DELIVER_TASK, peer_id)
    nudge.live(session, "outbox", peer_id)


def _attempt(
    tell: Callable[[], Written | None], event: AuditEvent, choice: MessageChoice, peer: PeerEntry
) -> tuple[Written | None, str]:
    """Return what is written, None where there is nothing to tell, and why it could not be."""
    try:
        return tell(), ""
    except UnwritableError as error:
        return _nothing(), str(error)
    except (AttributeError, KeyError, TypeError, ValueError):
        log.exception("outbox.crashed", event_id=event.id, peer=peer.name, choice=choice)
        return _nothing(), "An error in this program stopped the message: it is in the log."


def _write_reply(
    session: Session,
    event: AuditEvent,
    choice: MessageChoice,
    peer: PeerEntry,
    *,
    now: datetime,
    zone: ZoneInfo,
) -> Written | None:
    audience = Audience(peer=peer, zone=zone_of_first(session, zone), now=now)
    drafted = replies.draft(session, event, choice, audience)
    return write(drafted, audience) if drafted else None


def _write(
    session: Session,
    choice: MessageChoice,
    about: Subject,
    peer: PeerEntry,
    *,
    now: datetime,
    zone: ZoneInfo,
) -> Written | None:
    told = _told(session, about, peer) if choice is MessageChoice.PROCEDURE else ""
    if isinstance(about, OrderSubject) and about.site is not None:
        zone = ZoneInfo(about.site.time_zone)
    audience = Audience(peer=peer, zone=zone, now=now, told=told)
    drafted = routes.draft(choice, about, audience)
    return write(drafted, audience) if drafted else None


def _nothing() -> Written:
    return Written(uuid.uuid4().hex[:20], "", "", b"")


def _told(session: Session, about: Subject, peer: PeerEntry) -> str:
    """Return the last order control code by which the peer heard of the order's procedure."""
    if not isinstance(about, OrderSubject):
        return ""
    control = session.scalar(
        select(OutboundMessage.control)
        .join(AuditEvent, AuditEvent.id == OutboundMessage.event_id)
        .where(
            AuditEvent.order_id == about.order.id,
            AuditEvent.id < about.event.id,
            OutboundMessage.destination == peer.name,
            OutboundMessage.choice == MessageChoice.PROCEDURE,
            OutboundMessage.state.in_((OutboxState.WAITING, OutboxState.DELIVERED)),
        )
        .order_by(OutboundMessage.event_id.desc())
        .limit(1)
    )
    return control or ""
