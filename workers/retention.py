"""Task that deletes what the department has kept for long enough."""

import structlog
from celery import shared_task

from workers import context
from worklist import retention
from worklist.clock import system_clock

log = structlog.get_logger(__name__)

_SECONDS = 90.0


@shared_task(name="workers.retention.prune")
def prune() -> None:
    """Delete it once a night, for as long as a task may take, where a number of days is set."""
    days = context.settings().retention_days
    if not days:
        return
    with context.transaction() as session:
        if not context.begin_nightly(session, "prune"):
            return
    gone = retention.prune(
        context.sessions(), actor=context.ACTOR, now=system_clock(), days=days, seconds=_SECONDS
    )
    log.info("retention.applied", days=days, rows=sum(gone.values()))
