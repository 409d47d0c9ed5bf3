"""Tables of what is sent to patients by e-mail."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.db import Base
from worklist.orders.models import ScheduledProcedureStep


class MailState(StrEnum):
    """What became of a mail: WITHDRAWN is one whose appointment changed before it went out."""

    WAITING = "WAITING"
    SENT = "SENT"
    FAILED = "FAILED"
    WITHDRAWN = "WITHDRAWN"


class SlipMail(Base):
    """One appointment slip on its way to a patient, as it was written when it was asked for.

    ``starts_at`` is the appointment that it tells of, ``locale`` the language of its text.
    """

    __tablename__ = "slip_mails"
    __table_args__ = (
        Index(
            "ix_slip_mails_waiting",
            "next_attempt_at",
            postgresql_where=text("state = 'WAITING'"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("scheduled_procedure_steps.id"), index=True)
    address: Mapped[str] = mapped_column(String(120))
    locale: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(200))
    content: Mapped[str]
    starts_at: Mapped[datetime]
    requested_at: Mapped[datetime]
    requested_by: Mapped[str] = mapped_column(String(100))
    state: Mapped[MailState] = mapped_column(default=MailState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error_text: Mapped[str] = mapped_column(default="")

    exam: Mapped[ScheduledProcedureStep] = relationship()
