"""Tasks that tell other systems what happened here."""

from zoneinfo import ZoneInfo

import structlog
from celery import shared_task
from sqlalchemy.exc import OperationalError

from workers import context
from worklist.audit.announced import ANNOUNCE_TASK
from worklist.clock import system_clock
from worklist.hl7.outbound import compose, delivery
from worklist.hl7.outbound.compose import DELIVER_TASK

log = structlog.get_logger(__name__)


@shared_task(name=ANNOUNCE_TASK, autoretry_for=(OperationalError,), retry_backoff=True)
def announce(_: int = 0) -> None:
    """Write the messages of the events that wait."""
    zone = ZoneInfo(context.settings().time_zone)
    events = compose.announce(context.sessions(), now=system_clock(), zone=zone)
    if events:
        log.info("outbox.announced", events=events)


@shared_task(name=DELIVER_TASK)
def deliver(peer_id: int) -> None:
    """Send what is due to one peer; one worker process at least stays free for other work."""
    at_once = max(1, context.settings().worker_concurrency - 1)
    due = delivery.deliver(context.sessions(), peer_id, clock=system_clock, at_once=at_once)
    for other in due:
        deliver.delay(other)


@shared_task(name="workers.outbox.sweep")
def sweep() -> None:
    """Nudge what was not: events without their messages, messages that are due."""
    with context.transaction() as session:
        announced = compose.has_announced(session)
        peers = delivery.peers_to_serve(session, now=system_clock())
    if announced:
        announce.delay()
    for peer_id in peers:
        deliver.delay(peer_id)
    if announced or peers:
        log.info("outbox.sweep", announced=announced, peers=len(peers))
