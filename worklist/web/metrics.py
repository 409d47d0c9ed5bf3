"""``/metrics`` in Prometheus' text format: what processes count, and what rows say is undone."""

import os
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TypeVar

from flask import Blueprint, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from worklist.hl7.models import InboundMessage, InboxState, OutboundMessage, OutboxState
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNPLACED
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.web import context

_Word = TypeVar("_Word", bound=StrEnum)

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return the counters of every process and the backlog of this moment."""
    with context.transaction() as session:
        backlog = CollectorRegistry()
        backlog.register(_Backlog(session))
        undone = generate_latest(backlog)
    return Response(generate_latest(_counters()) + undone, content_type=CONTENT_TYPE_LATEST)


def _counters() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class _Backlog(Collector):
    """What rows say is undone at this moment.

    Families are made for one answer: a kept gauge would write its values among those of every
    process, and be told twice.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Count each kind of undone work."""
        inbox = GaugeMetricFamily("worklist_hl7_inbox", "HL7 messages by state", labels=["state"])
        for state in (InboxState.RECEIVED, InboxState.FAILED):
            inbox.add_metric([state], self._count(InboundMessage.state == state))
        yield inbox
        waiting = self._count(OutboundMessage.state == OutboxState.WAITING)
        yield GaugeMetricFamily(
            "worklist_hl7_outbox_waiting", "HL7 messages to deliver", value=waiting
        )
        exams = GaugeMetricFamily(
            "worklist_exams_unplaced", "Exams without a slot", labels=["status"]
        )
        status = ScheduledProcedureStep.status
        for name, number in self._grouped(status, status.in_(UNPLACED)):
            exams.add_metric([name], number)
        yield exams
        tasks = GaugeMetricFamily("worklist_reading_tasks", "Exams to be read", labels=["priority"])
        unread = ReadingTask.status.in_([ReadingStatus.READY, ReadingStatus.CLAIMED])
        for priority, number in self._grouped(ReadingTask.priority, unread):
            tasks.add_metric([priority], number)
        yield tasks

    def _count(self, condition: ColumnElement[bool]) -> int:
        return self._session.scalar(select(func.count()).where(condition)) or 0

    def _grouped(
        self, column: InstrumentedAttribute[_Word], condition: ColumnElement[bool]
    ) -> Sequence[tuple[_Word, int]]:
        statement = select(column, func.count()).where(condition).group_by(column)
        return [(word, number) for word, number in self._session.execute(statement)]
