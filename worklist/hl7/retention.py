"""Which HL7 messages are of no more use: what was done with them stays in rows and audit trail."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from worklist.audit.models import AuditEvent
from worklist.hl7.models import InboundMessage, InboxState, OutboundMessage, OutboxState
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import FINAL
from worklist.reading.models import ReadingStatus, ReadingTask

_FINISHED_READING = (ReadingStatus.READ, ReadingStatus.WITHDRAWN)


def old_received(before: datetime) -> Select[int]:
    """Return the ids of received messages that can go.

    What still waits to be processed or to be corrected by a person stays, however old; so does
    what an open order came with, and what a message that stays refers to.
    """
    correction = aliased(InboundMessage)
    corrected = exists().where(correction.corrects_id == InboundMessage.id)
    answered = exists().where(
        AuditEvent.action.like("message.%"),
        AuditEvent.detail["message_id"].astext == cast(InboundMessage.id, String),
        OutboundMessage.event_id == AuditEvent.id,
    )
    return (
        select(InboundMessage.id)
        .where(
            InboundMessage.received_at < before,
            InboundMessage.state.in_((InboxState.PROCESSED, InboxState.CORRECTED)),
            ~corrected,
            ~answered,
            ~_is_open(InboundMessage.order_id),
        )
        .order_by(InboundMessage.received_at)
    )


def old_sent(before: datetime) -> Select[int]:
    """Return the ids of messages to others that can go.

    Only what was delivered or given up goes, and not while its order is open: what its receiver
    was told last says what it is to be told next.
    """
    return (
        select(OutboundMessage.id)
        .join(AuditEvent, AuditEvent.id == OutboundMessage.event_id)
        .where(
            OutboundMessage.created_at < before,
            OutboundMessage.state.in_((OutboxState.DELIVERED, OutboxState.DISCARDED)),
            or_(OutboundMessage.delivered_at.is_(None), OutboundMessage.delivered_at < before),
            ~_is_open(AuditEvent.order_id),
        )
    )


def _is_open(order_id: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """An order is open while one of its exams is, or is not read yet."""
    of_order = RequestedProcedure.order_id == order_id
    to_do = exists().where(
        of_order,
        ScheduledProcedureStep.requested_procedure_id == RequestedProcedure.id,
        ScheduledProcedureStep.status.not_in(FINAL),
    )
    to_read = exists().where(
        of_order,
        ReadingTask.requested_procedure_id == RequestedProcedure.id,
        ReadingTask.status.not_in(_FINISHED_READING),
    )
    return and_(order_id.is_not(None), or_(to_do, to_read))
