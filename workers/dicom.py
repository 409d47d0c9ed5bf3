"""Tasks of the DICOM side."""

import structlog
from celery import shared_task

from workers import context
from worklist.clock import system_clock
from worklist.dicom import query_log

log = structlog.get_logger(__name__)


@shared_task(name="workers.dicom.sweep_queries")
def sweep_queries() -> None:
    """Forget the worklist queries that have been kept long enough."""
    days = context.settings().dicom_query_log_days
    with context.transaction() as session:
        forgotten = query_log.forget(session, now=system_clock(), days=days)
    if forgotten:
        log.info("dicom.queries.forgotten", queries=forgotten)
