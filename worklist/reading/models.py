"""Table of reading tasks: one for each requested procedure that was performed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.auth.models import User
from worklist.db import Base
from worklist.orders.models import RequestedProcedure
from worklist.vocabulary import Priority


class ReadingStatus(StrEnum):
    """How far the reading is; what is pending waits for more images from the technologists."""

    READY = "READY"
    CLAIMED = "CLAIMED"
    PENDING = "PENDING"
    READ = "READ"
    WITHDRAWN = "WITHDRAWN"


class ReadingTask(Base):
    """Something to be read, by priority and by the time it is due.

    ``due_at`` follows from ``ready_at`` and the priority's target. A claim expires unless it is
    renewed, so that a case never stays locked by someone who went home. ``assigned_to`` is whom a
    case is kept for until it is due; ``dictated_by``, a DICOM PN, whose preliminary text there is.
    ``pending_reason`` is what was asked for last and ``pending_answer`` what came of it.
    """

    __tablename__ = "reading_tasks"
    __table_args__ = (
        CheckConstraint(
            "(status = 'CLAIMED') = (claim_expires_at IS NOT NULL)", name="claim_expires"
        ),
        CheckConstraint("status <> 'CLAIMED' OR claimed_by_id IS NOT NULL", name="claimed_by"),
        Index(
            "ix_reading_tasks_queue",
            "priority_rank",
            "due_at",
            postgresql_where=text("status IN ('READY', 'CLAIMED')"),
        ),
        CheckConstraint("(status = 'PENDING') = (pending_since IS NOT NULL)", name="pending_since"),
        Index(
            "ix_reading_tasks_pending",
            "pending_since",
            "id",
            postgresql_where=text("status = 'PENDING'"),
        ),
        Index(
            "ix_reading_tasks_withdrawn",
            "id",
            postgresql_where=text("status = 'WITHDRAWN'"),
        ),
        Index("ix_reading_tasks_ready_at", "ready_at", "id"),
        Index("ix_reading_tasks_read_at", "read_at", "id"),
        Index("ix_reading_tasks_due_at", "due_at", "id"),
        Index("ix_reading_tasks_priority", "priority_rank", "due_at", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    requested_procedure_id: Mapped[int] = mapped_column(
        ForeignKey("requested_procedures.id"), unique=True
    )
    status: Mapped[ReadingStatus] = mapped_column(default=ReadingStatus.READY)
    priority: Mapped[Priority]
    priority_rank: Mapped[int]
    reading_group: Mapped[str] = mapped_column(String(32), index=True)
    ready_at: Mapped[datetime]
    due_at: Mapped[datetime]
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    claimed_at: Mapped[datetime | None]
    claim_expires_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    dictated_at: Mapped[datetime | None]
    dictated_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    pending_since: Mapped[datetime | None]
    pending_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    pending_reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    pending_answer: Mapped[str] = mapped_column(String(300), default="", server_default="")

    requested_procedure: Mapped[RequestedProcedure] = relationship()
    claimed_by: Mapped[User | None] = relationship(foreign_keys=[claimed_by_id])
    assigned_to: Mapped[User | None] = relationship(foreign_keys=[assigned_to_id])
    pending_by: Mapped[User | None] = relationship(foreign_keys=[pending_by_id])


class ReportKind(StrEnum):
    """What a text is: something said early, the report itself, or something added to it."""

    PRELIMINARY = "PRELIMINARY"
    FINAL = "FINAL"
    ADDENDUM = "ADDENDUM"


class Report(Base):
    """One text about a requested procedure, as it was signed; never changed.

    A procedure has at most one final text; addenda come after it. ``reader`` is a DICOM PN.
    """

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_requested_procedure_id", "requested_procedure_id", "id"),
        Index(
            "uq_reports_final",
            "requested_procedure_id",
            unique=True,
            postgresql_where=text("kind = 'FINAL'"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    requested_procedure_id: Mapped[int] = mapped_column(ForeignKey("requested_procedures.id"))
    kind: Mapped[ReportKind]
    content: Mapped[str]
    reader: Mapped[str] = mapped_column(String(200))
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[datetime]

    requested_procedure: Mapped[RequestedProcedure] = relationship()
