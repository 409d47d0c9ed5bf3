"""Table of the findings that a person has to be told of in time."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.auth.models import User
from worklist.db import Base
from worklist.orders.models import RequestedProcedure
from worklist.vocabulary import Category


class Means(StrEnum):
    """How a person was told."""

    PHONE = "phone"
    IN_PERSON = "in_person"
    MESSAGE = "message"


class CriticalFinding(Base):
    """A finding, whom it has to reach, and that it did: open until acknowledged or withdrawn.

    ``recipient`` is who must be told; ``acknowledged_by`` is who took it in, by name, and
    ``closed_by`` the account that wrote that down.
    """

    __tablename__ = "critical_findings"
    __table_args__ = (
        CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by = '')"
            " AND (acknowledged_at IS NULL) = (means IS NULL)",
            name="acknowledged",
        ),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason = '')"
            " AND (withdrawn_at IS NULL OR acknowledged_at IS NULL)",
            name="withdrawn",
        ),
        Index(
            "ix_critical_findings_open",
            "due_at",
            "id",
            postgresql_where=text("acknowledged_at IS NULL AND withdrawn_at IS NULL"),
        ),
        Index("ix_critical_findings_raised_at", "raised_at", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    requested_procedure_id: Mapped[int] = mapped_column(
        ForeignKey("requested_procedures.id"), index=True
    )
    category: Mapped[Category]
    content: Mapped[str]
    recipient: Mapped[str] = mapped_column(String(120))
    raised_at: Mapped[datetime]
    raised_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    due_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str] = mapped_column(String(120), default="")
    means: Mapped[Means | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str] = mapped_column(String(200), default="")

    requested_procedure: Mapped[RequestedProcedure] = relationship()
    raised_by: Mapped[User] = relationship(foreign_keys=[raised_by_id])
    closed_by: Mapped[User | None] = relationship(foreign_keys=[closed_by_id])

    @property
    def is_open(self) -> bool:
        """Whether nobody has acknowledged it yet."""
        return self.acknowledged_at is None and self.withdrawn_at is None
