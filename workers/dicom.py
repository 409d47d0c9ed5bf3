"""Tasks of the DICOM side."""

import structlog
from celery import shared_task
from sqlalchemy.exc import OperationalError

from workers import context
from worklist.clock import system_clock
from worklist.dicom import forwarding, query_log
from worklist.performing import aged

log = structlog.get_logger(__name__)


@shared_task(name=forwarding.FORWARD_TASK, autoretry_for=(OperationalError,), retry_backoff=True)
def forward(image_manager_id: int) -> None:
    """Send what waits for an image manager."""
    calling = context.settings().ae_title
    with context.transaction() as session:
        forwarding.send(session, image_manager_id, calling=calling, now=system_clock())


@shared_task(name="workers.dicom.sweep_forwards")
def sweep_forwards() -> None:
    """Send again what an image manager has not taken yet."""
    now = system_clock()
    with context.transaction() as session:
        waiting = forwarding.due(session, now=now)
        forwarding.forget(session, now=now)
    for image_manager_id in waiting:
        forward.delay(image_manager_id)


@shared_task(name="workers.dicom.sweep_aged")
def sweep_aged() -> None:
    """Complete the exams that are under way for too long, where the department wants that."""
    hours, now = context.settings().complete_after_hours, system_clock()
    if not hours:
        return
    with context.transaction() as session:
        overdue = aged.overdue(session, now=now, hours=hours)
    for exam_id in overdue:
        with context.transaction() as session:
            if aged.complete(session, exam_id, now=now, hours=hours):
                log.info("performing.completed_by_age", exam=exam_id)


@shared_task(name="workers.dicom.sweep_queries")
def sweep_queries() -> None:
    """Forget the worklist queries that have been kept long enough."""
    days = context.settings().dicom_query_log_days
    with context.transaction() as session:
        forgotten = query_log.forget(session, now=system_clock(), days=days)
    if forgotten:
        log.info("dicom.queries.forgotten", queries=forgotten)
