"""Tasks that do what received HL7 messages ask for."""

from zoneinfo import ZoneInfo

import structlog
from celery import shared_task

from workers import context
from worklist.clock import system_clock
from worklist.hl7 import process as messages
from worklist.hl7.intake import PROCESS_TASK

log = structlog.get_logger(__name__)


@shared_task(name=PROCESS_TASK)
def process(message_id: int) -> None:
    """Process one message if it is its turn, then nudge those that waited for it."""
    zone = ZoneInfo(context.settings().time_zone)
    for successor in messages.process(
        context.sessions(), message_id, now=system_clock(), zone=zone
    ):
        process.delay(successor)


@shared_task(name="workers.hl7.sweep")
def sweep() -> None:
    """Nudge every message that is received and not processed."""
    with context.transaction() as session:
        waiting = messages.waiting(session)
    for message_id in waiting:
        process.delay(message_id)
    if waiting:
        log.info("hl7.sweep", messages=len(waiting))
