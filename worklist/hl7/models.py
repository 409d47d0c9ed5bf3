"""Tables of HL7 messages received and to be delivered."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.audit.models import AuditEvent
from worklist.db import Base


class InboxState(StrEnum):
    """How far a received message is; CORRECTED ones failed and were replaced by hand."""

    RECEIVED = "RECEIVED"
    PROCESSED = "PROCESSED"
    FAILED = "FAILED"
    CORRECTED = "CORRECTED"


class InboundMessage(Base):
    """One message as it arrived, and what became of it.

    ``digest`` is the SHA-256 of ``raw``: the same sender, control id and content again is a
    resend. ``lanes`` name the patients and orders that it is about; messages that share a lane
    are processed in the order of ``id``. ``acknowledgement`` is the answer that was sent.
    ``error_location`` is written as in HL7 ERR-2, for example ``PID^1^3``. ``corrects_id`` is the
    failed message that a person replaced by this one. One that is not ``complete`` was too long or
    broke off: ``raw`` is its beginning.
    """

    __tablename__ = "hl7_inbox"
    __table_args__ = (
        UniqueConstraint("sending_application", "sending_facility", "control_id", "digest"),
        Index("ix_hl7_inbox_received_at", "received_at"),
        Index(
            "ix_hl7_inbox_waiting",
            "id",
            postgresql_where=text("state = 'RECEIVED'"),
        ),
        Index(
            "ix_hl7_inbox_waiting_lanes",
            "lanes",
            postgresql_using="gin",
            postgresql_where=text("state = 'RECEIVED'"),
        ),
        Index(
            "ix_hl7_inbox_failed",
            "id",
            postgresql_where=text("state = 'FAILED'"),
        ),
        Index(
            "ix_hl7_inbox_failed_lanes",
            "lanes",
            postgresql_using="gin",
            postgresql_where=text("state = 'FAILED'"),
        ),
        Index("ix_hl7_inbox_control_id", "control_id"),
        Index("ix_hl7_inbox_message_type", "message_type", "id"),
        Index("ix_hl7_inbox_sending_application", "sending_application", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    received_at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(8))
    peer: Mapped[str] = mapped_column(String(64))
    sending_application: Mapped[str] = mapped_column(String(227))
    sending_facility: Mapped[str] = mapped_column(String(227))
    control_id: Mapped[str] = mapped_column(String(199))
    message_type: Mapped[str] = mapped_column(String(16))
    version: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64))
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    complete: Mapped[bool] = mapped_column(default=True)
    lanes: Mapped[list[str]] = mapped_column(ARRAY(String))
    state: Mapped[InboxState]
    acknowledgement_code: Mapped[str] = mapped_column(String(2))
    acknowledgement: Mapped[bytes] = mapped_column(LargeBinary)
    attempts: Mapped[int] = mapped_column(default=0)
    processed_at: Mapped[datetime | None]
    error_code: Mapped[str] = mapped_column(String(8), default="")
    error_location: Mapped[str] = mapped_column(String(64), default="")
    error_text: Mapped[str] = mapped_column(default="")
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(
        ForeignKey("imaging_service_requests.id"), index=True
    )
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("hl7_inbox.id"), index=True)


class OutboxState(StrEnum):
    """How far a message to be delivered is.

    FAILED could not be written, REFUSED was answered with an error, DISCARDED was given up by a
    person. None of them holds up the messages behind it.
    """

    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    DISCARDED = "DISCARDED"


class OutboundMessage(Base):
    """One message of one kind (``choice``) to one destination, made from one audit event.

    Messages to a destination leave in the order of ``id``; ``next_attempt_at`` backs off.
    ``replay`` is 0 for the message that the event made, and counts those that a person had made
    from it again. ``control`` is ORC-1 or the trigger event, ``payload`` empty where the message
    could not be written.
    """

    __tablename__ = "hl7_outbox"
    __table_args__ = (
        UniqueConstraint("event_id", "destination", "choice", "replay"),
        Index(
            "ix_hl7_outbox_waiting",
            "destination",
            "id",
            postgresql_where=text("state = 'WAITING'"),
        ),
        Index("ix_hl7_outbox_destination", "destination", "id"),
        Index("ix_hl7_outbox_state", "state", "id"),
        Index("ix_hl7_outbox_message_type", "message_type", "id"),
        Index(
            "ix_hl7_outbox_delivered",
            "destination",
            "delivered_at",
            postgresql_where=text("state = 'DELIVERED'"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.id"))
    destination: Mapped[str] = mapped_column(String(64))
    replay: Mapped[int] = mapped_column(default=0)
    choice: Mapped[str] = mapped_column(String(32))
    control: Mapped[str] = mapped_column(String(8), default="")
    message_type: Mapped[str] = mapped_column(String(16), default="")
    control_id: Mapped[str] = mapped_column(String(20), unique=True)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[OutboxState] = mapped_column(default=OutboxState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    acknowledgement: Mapped[bytes | None] = mapped_column(LargeBinary)
    error_text: Mapped[str] = mapped_column(default="")

    event: Mapped[AuditEvent] = relationship()
