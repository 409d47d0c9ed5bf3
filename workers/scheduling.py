"""Tasks that place exams."""

import structlog
from celery import shared_task
from sqlalchemy.exc import OperationalError

from workers import context
from worklist.clock import system_clock
from worklist.errors import ConflictError
from worklist.scheduling import placement, queries
from worklist.scheduling.replanning import service as replanning
from worklist.scheduling.service import PLACE_TASK

log = structlog.get_logger(__name__)


@shared_task(name=PLACE_TASK, autoretry_for=(OperationalError, ConflictError), retry_backoff=True)
def place(exam_id: int) -> None:
    """Give one exam a room and a time, or keep why it has none."""
    with context.transaction() as session:
        made = placement.place(session, exam_id, actor=context.ACTOR, now=system_clock())
        if made is not None:
            log.info("exam.placement", exam=exam_id, outcome=made.outcome)


@shared_task(name="workers.scheduling.sweep")
def sweep() -> None:
    """Nudge every exam that rows say should be placed or looked at again."""
    with context.transaction() as session:
        waiting = queries.exams_to_place(session, now=system_clock())
    for exam_id in waiting:
        place.delay(exam_id)
    if waiting:
        log.info("exam.sweep", exams=len(waiting))


@shared_task(name="workers.scheduling.propose")
def propose() -> None:
    """Propose a better plan for the next days, for a person to accept in the morning."""
    with context.transaction() as session:
        made = replanning.propose(
            session,
            reason="The nightly look at the next days.",
            actor=context.ACTOR,
            now=system_clock(),
            seconds=context.settings().replan_seconds,
        )
        if made is not None:
            log.info("replan.proposal", proposal=made.id, moves=len(made.moves))
