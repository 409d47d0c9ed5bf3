"""Tasks that keep the reading queue."""

import structlog
from celery import shared_task
from sqlalchemy.exc import OperationalError

from workers import context
from worklist.clock import system_clock
from worklist.errors import ConflictError
from worklist.performing.progress import ADMIT_TASK
from worklist.reading import entering, queries, service

log = structlog.get_logger(__name__)


@shared_task(name=ADMIT_TASK, autoretry_for=(OperationalError, ConflictError), retry_backoff=True)
def admit(requested_procedure_id: int) -> None:
    """Bring one requested procedure's place in the queue to what its exams say."""
    with context.transaction() as session:
        task = entering.admit(session, requested_procedure_id, now=system_clock())
        if task is not None:
            log.info("reading.admission", task_row=task.id, status=task.status)


@shared_task(name="workers.reading.sweep")
def sweep() -> None:
    """Give back expired claims; nudge every performed procedure that is not in the queue."""
    now = system_clock()
    with context.transaction() as session:
        expired = service.release_expired(session, now=now)
        waiting = queries.procedures_to_admit(session, now=now)
    for requested_procedure_id in waiting:
        admit.delay(requested_procedure_id)
    if waiting or expired:
        log.info("reading.sweep", procedures=len(waiting), expired_claims=expired)
