"""Tasks that do what received HL7 messages ask for."""

from zoneinfo import ZoneInfo

import structlog
from celery import shared_task
from sqlalchemy.exc import OperationalError

from workers import context
from workers.scheduling import place
from worklist import nudge
from worklist.clock import system_clock
from worklist.errors import ConflictError
from worklist.hl7 import process as messages
from worklist.hl7.intake import PROCESS_TASK
from worklist.scheduling.service import PLACE_TASK

log = structlog.get_logger(__name__)


@shared_task(name=PROCESS_TASK)
def process(*message_ids: int) -> None:
    """Process messages, each if it is its turn, nudge those that waited for it, place its exams.

    Placing at once, not in a task of its own, spares each order one way through the broker.
    """
    for message_id in message_ids:
        _process(message_id)


def _process(message_id: int) -> None:
    zone = ZoneInfo(context.settings().time_zone)
    with nudge.kept(PLACE_TASK) as exams:
        successors = messages.process(context.sessions(), message_id, now=system_clock(), zone=zone)
    for successor in successors:
        process.delay(successor)
    for exam_id in exams:
        _place(exam_id)


def _place(exam_id: int) -> None:
    try:
        place(exam_id)
    except (OperationalError, ConflictError) as error:
        log.info("hl7.place_later", exam=exam_id, error=type(error).__name__)
        place.delay(exam_id)


@shared_task(name="workers.hl7.sweep")
def sweep() -> None:
    """Nudge every message that is received and not processed."""
    with context.transaction() as session:
        waiting = messages.waiting(session)
    for message_id in waiting:
        process.delay(message_id)
    if waiting:
        log.info("hl7.sweep", messages=len(waiting))
