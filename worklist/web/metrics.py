"""``/metrics`` in Prometheus' text format: what processes count, and what rows say is undone."""

import os

from flask import Blueprint, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Gauge,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worklist.hl7.models import InboundMessage, InboxState, OutboundMessage, OutboxState
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNPLACED
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.web import context

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return the counters of every process and the backlog of this moment."""
    with context.transaction() as session:
        backlog = generate_latest(_backlog(session))
    return Response(generate_latest(_counters()) + backlog, content_type=CONTENT_TYPE_LATEST)


def _counters() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _backlog(session: Session) -> CollectorRegistry:
    registry = CollectorRegistry()
    inbox = Gauge("worklist_hl7_inbox", "HL7 messages by state", ["state"], registry=registry)
    for state in (InboxState.RECEIVED, InboxState.FAILED):
        counted = select(func.count()).where(InboundMessage.state == state)
        inbox.labels(state).set(session.scalar(counted) or 0)
    outbox = Gauge("worklist_hl7_outbox_waiting", "HL7 messages to deliver", registry=registry)
    waiting = select(func.count()).where(OutboundMessage.state == OutboxState.WAITING)
    outbox.set(session.scalar(waiting) or 0)
    exams = Gauge("worklist_exams_unplaced", "Exams without a slot", ["status"], registry=registry)
    unplaced = (
        select(ScheduledProcedureStep.status, func.count())
        .where(ScheduledProcedureStep.status.in_(UNPLACED))
        .group_by(ScheduledProcedureStep.status)
    )
    for status, number in session.execute(unplaced):
        exams.labels(status).set(number)
    tasks = Gauge("worklist_reading_tasks", "Exams to be read", ["priority"], registry=registry)
    ready = (
        select(ReadingTask.priority, func.count())
        .where(ReadingTask.status.in_([ReadingStatus.READY, ReadingStatus.CLAIMED]))
        .group_by(ReadingTask.priority)
    )
    for priority, number in session.execute(ready):
        tasks.labels(priority).set(number)
    return registry
