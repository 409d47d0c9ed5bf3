"""What a person may do with the outbox: send again, give up, not wait any longer."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from worklist import nudge
from worklist.audit import service as audit
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.hl7.models import OutboundMessage, OutboxState
from worklist.hl7.outbound.compose import DELIVER_TASK, write_for
from worklist.hl7.outbound.writing import UnwritableError, Written
from worklist.hl7.peers.models import MessageChoice, Peer
from worklist.hl7.peers.queries import as_entry
from worklist.language.text import _


def replay(
    session: Session, message_id: int, *, actor: str, now: datetime, zone: ZoneInfo
) -> OutboundMessage:
    """Write the event's message anew, by the peer's present profile, and put it last in the queue.

    It has a control id of its own, so that the receiver does not take it for a resend; the
    original stays as it is.

    Raises:
        NotFoundError: there is no such message.
        ConflictError: it still waits, or its peer is out of use.
        DomainError: it cannot be written, or the event no longer makes a message.
    """
    original = _locked(session, message_id)
    if original.state is OutboxState.WAITING:
        raise ConflictError(_("This message still waits to be delivered: it needs no replay."))
    peer = _peer(session, original.destination)
    written = _written_anew(session, original, peer, now=now, zone=zone)
    again = OutboundMessage(
        event_id=original.event_id,
        destination=original.destination,
        choice=original.choice,
        replay=_next_replay(session, original),
        control=written.control,
        message_type=written.type,
        control_id=written.control_id,
        payload=written.payload,
        created_at=now,
        next_attempt_at=now,
    )
    session.add(again)
    session.flush()
    _record(session, original, "replayed", actor=actor, now=now, again=again.id)
    nudge.task(session, DELIVER_TASK, peer.id)
    return again


def _peer(session: Session, destination: str) -> Peer:
    peer = session.scalar(select(Peer).where(Peer.name == destination, Peer.active))
    if peer is None or not as_entry(peer).is_sent_to:
        raise ConflictError(
            _(
                "%(destination)s is not sent to any more: put it into the peers' file again, then "
                "replay.",
                destination=destination,
            )
        )
    return peer


def _written_anew(
    session: Session, original: OutboundMessage, peer: Peer, *, now: datetime, zone: ZoneInfo
) -> Written:
    choice = MessageChoice(original.choice)
    try:
        written = write_for(session, original.event, choice, as_entry(peer), now=now, zone=zone)
    except UnwritableError as error:
        raise DomainError(str(error)) from error
    if written is None:
        raise DomainError(_("What happened makes no message for this peer any more."))
    return written


def discard(session: Session, message_id: int, *, actor: str, now: datetime) -> OutboundMessage:
    """Give a waiting message up, so that those behind it go on.

    Raises:
        NotFoundError: there is no such message.
        ConflictError: it does not wait any more.
    """
    message = _locked(session, message_id)
    if message.state is not OutboxState.WAITING:
        raise ConflictError(
            _("This message is %(state)s: only a waiting one can be given up.", state=message.state)
        )
    message.state = OutboxState.DISCARDED
    session.flush()
    _record(session, message, "discarded", actor=actor, now=now)
    _nudge(session, message.destination)
    return message


def retry_now(session: Session, destination: str, *, actor: str, now: datetime) -> int:
    """Try what waits for the destination at once; returns how many messages wait.

    Raises:
        NotFoundError: there is no such peer.
    """
    if session.scalar(select(Peer.id).where(Peer.name == destination)) is None:
        raise NotFoundError(_("There is no peer %(destination)s.", destination=destination))
    waiting = session.scalars(
        update(OutboundMessage)
        .where(
            OutboundMessage.destination == destination,
            OutboundMessage.state == OutboxState.WAITING,
        )
        .values(next_attempt_at=now)
        .returning(OutboundMessage.id)
    ).all()
    if waiting:
        audit.record(session, "outbox.retried", actor=actor, now=now, peer=destination)
        _nudge(session, destination)
        session.flush()
    return len(waiting)


def _locked(session: Session, message_id: int) -> OutboundMessage:
    message = session.get(OutboundMessage, message_id, with_for_update=True)
    if message is None:
        raise NotFoundError(
            _("There is no outgoing message %(message_id)s.", message_id=message_id)
        )
    return message


def _next_replay(session: Session, original: OutboundMessage) -> int:
    latest = session.scalar(
        select(func.max(OutboundMessage.replay)).where(
            OutboundMessage.event_id == original.event_id,
            OutboundMessage.destination == original.destination,
            OutboundMessage.choice == original.choice,
        )
    )
    return (latest or 0) + 1


def _nudge(session: Session, destination: str) -> None:
    peer_id = session.scalar(select(Peer.id).where(Peer.name == destination, Peer.active))
    if peer_id is not None:
        nudge.task(session, DELIVER_TASK, peer_id)
        nudge.live(session, "outbox", peer_id)


def _record(
    session: Session,
    message: OutboundMessage,
    what: str,
    *,
    actor: str,
    now: datetime,
    **detail: int,
) -> None:
    event = message.event
    audit.record(
        session,
        f"outbox.{what}",
        actor=actor,
        now=now,
        patient_id=event.patient_id,
        order_id=event.order_id,
        exam_id=event.exam_id,
        message_id=message.id,
        peer=message.destination,
        **detail,
    )
    session.flush()
