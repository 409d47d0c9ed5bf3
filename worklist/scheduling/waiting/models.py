"""Tables of the waiting list: who waits, what became free, what was offered to whom."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.catalogue.models import Room
from worklist.db import Base
from worklist.orders.models import ScheduledProcedureStep


class OfferStatus(StrEnum):
    """What became of an offer; WITHDRAWN: the slot was taken meanwhile."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class WaitingEntry(Base):
    """An exam that would be done sooner than its slot, from ``added_at`` until ``ended_at``."""

    __tablename__ = "waiting_entries"
    __table_args__ = (
        Index(
            "uq_waiting_entries_exam_id_open",
            "exam_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    exam_id: Mapped[int] = mapped_column(
        ForeignKey("scheduled_procedure_steps.id", ondelete="CASCADE")
    )
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(100))
    note: Mapped[str] = mapped_column(String(200), default="")
    ended_at: Mapped[datetime | None]

    exam: Mapped[ScheduledProcedureStep] = relationship()


class FreedSlot(Base):
    """A stretch of a room's time that an exam gave back; looked at until ``closed_at``."""

    __tablename__ = "freed_slots"
    __table_args__ = (
        Index("ix_freed_slots_open", "id", postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    freed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    room: Mapped[Room] = relationship()


class SlotOffer(Base):
    """A freed slot offered to one exam until ``expires_at``; at most one offer of a slot is open.

    The slot is not held: whoever books first has it, and the offer is withdrawn.
    """

    __tablename__ = "slot_offers"
    __table_args__ = (
        UniqueConstraint("freed_slot_id", "exam_id"),
        Index(
            "uq_slot_offers_freed_slot_id_open",
            "freed_slot_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    freed_slot_id: Mapped[int] = mapped_column(ForeignKey("freed_slots.id", ondelete="CASCADE"))
    exam_id: Mapped[int] = mapped_column(
        ForeignKey("scheduled_procedure_steps.id", ondelete="CASCADE"), index=True
    )
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    starts_at: Mapped[datetime]
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    status: Mapped[OfferStatus] = mapped_column(default=OfferStatus.OPEN)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(100))

    exam: Mapped[ScheduledProcedureStep] = relationship()
    room: Mapped[Room] = relationship()
    freed_slot: Mapped[FreedSlot] = relationship()
