"""Task of the door and the JSON API: forget the counts and answers that nobody needs any more."""

import structlog
from celery import shared_task

from workers import context
from worklist.auth import failures, idempotency, sessions
from worklist.clock import system_clock

log = structlog.get_logger(__name__)


@shared_task(name="workers.api.sweep")
def sweep() -> None:
    """Forget them."""
    with context.transaction() as session:
        forgotten = idempotency.forget(session, now=system_clock())
        failures.forget_strangers(session, now=system_clock())
        sessions.forget(session, now=system_clock())
    if forgotten:
        log.info("api.requests.forgotten", requests=forgotten)
