"""Tables of re-plan proposals and of the moves that each consists of."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.catalogue.models import Room
from worklist.db import Base
from worklist.orders.models import ScheduledProcedureStep


class ProposalStatus(StrEnum):
    """What became of a proposal; STALE could not be applied because things had changed."""

    OPEN = "open"
    APPLIED = "applied"
    DISMISSED = "dismissed"
    STALE = "stale"


class ReplanProposal(Base):
    """A plan for the exams of some days, to be applied whole or not at all.

    ``cost_before`` and ``cost_after`` are in five minutes of a routine patient's waiting: the
    second is always the smaller one.
    """

    __tablename__ = "replan_proposals"
    __table_args__ = (
        Index("ix_replan_proposals_open", "id", postgresql_where=text("status = 'open'")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    considered: Mapped[int]
    cost_before: Mapped[float]
    cost_after: Mapped[float]
    status: Mapped[ProposalStatus] = mapped_column(default=ProposalStatus.OPEN)
    note: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(100))

    moves: Mapped[list["ReplanMove"]] = relationship(
        back_populates="proposal", order_by="ReplanMove.starts_after", cascade="all, delete-orphan"
    )


class ReplanMove(Base):
    """One exam's place before and after; no room after: it has none in the days looked at.

    ``must_call`` says that a patient at home must hear of the new time.
    """

    __tablename__ = "replan_moves"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(
        ForeignKey("replan_proposals.id", ondelete="CASCADE"), index=True
    )
    exam_id: Mapped[int] = mapped_column(
        ForeignKey("scheduled_procedure_steps.id", ondelete="CASCADE"), index=True
    )
    exam_version: Mapped[int]
    room_before_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    starts_before: Mapped[datetime | None]
    room_after_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    starts_after: Mapped[datetime | None]
    must_call: Mapped[bool]

    proposal: Mapped[ReplanProposal] = relationship(back_populates="moves")
    exam: Mapped[ScheduledProcedureStep] = relationship()
    room_before: Mapped[Room | None] = relationship(foreign_keys=room_before_id)
    room_after: Mapped[Room | None] = relationship(foreign_keys=room_after_id)
