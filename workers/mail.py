"""Tasks that send appointment slips and remind of appointments."""

import structlog
from celery import shared_task

from workers import context
from worklist.clock import system_clock
from worklist.mail import delivery, reminding
from worklist.mail.service import DELIVER_TASK

log = structlog.get_logger(__name__)


@shared_task(name=DELIVER_TASK)
def deliver(_mail_id: int = 0) -> None:
    """Send every mail that is due, where the department has a mail server."""
    settings = context.settings()
    if settings.sends_mail:
        delivery.deliver(context.sessions(), settings, clock=system_clock)


@shared_task(name="workers.mail.sweep")
def sweep() -> None:
    """Send what was not nudged, or waits for another try."""
    if not context.settings().sends_mail:
        return
    with context.transaction() as session:
        waits = delivery.due(session, now=system_clock())
    if waits:
        deliver.delay()
        log.info("mail.sweep")


@shared_task(name="workers.mail.remind")
def remind() -> None:
    """Write the reminders that are due, where the department has a mail server and wants them."""
    settings = context.settings()
    if settings.sends_mail:
        reminding.write_due(context.sessions(), locale=settings.locale, now=system_clock())
