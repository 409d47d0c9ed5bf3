"""The audit trail: one row for each thing that happened, never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.db import Base


class AuditEvent(Base):
    """Something that happened.

    ``actor`` is ``user:<username>``, ``station:<AE title>``, ``peer:<sending application>`` or
    ``system:<what>``. ``action`` is a dotted name such as ``exam.scheduled``. ``detail`` holds
    plain values for the exam's story, and is what outgoing messages are made from.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_exam", "exam_id", "id"),
        Index("ix_audit_events_order", "order_id", "id"),
        Index("ix_audit_events_patient", "patient_id", "id"),
        Index("ix_audit_events_when", "occurred_at", "id"),
        Index("ix_audit_events_who", "actor", "occurred_at", "id"),
        Index("ix_audit_events_what", "action", "occurred_at", "id"),
        Index(
            "ix_audit_events_message",
            text("(detail ->> 'message_id')"),
            "id",
            postgresql_where=text("action LIKE 'message.%'"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    occurred_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(60))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("imaging_service_requests.id"))
    exam_id: Mapped[int | None] = mapped_column(ForeignKey("scheduled_procedure_steps.id"))
    detail: Mapped[dict[str, Any]]


class AnnouncedEvent(Base):
    """An event that other systems may have to be told of; gone once their messages are written."""

    __tablename__ = "announced_events"

    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.id"), primary_key=True)

    event: Mapped[AuditEvent] = relationship()
