"""Tables of what is sent to patients by e-mail."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.db import Base
from worklist.orders.models import ScheduledProcedureStep


class MailState(StrEnum):
    """What became of a mail: WITHDRAWN is one whose appointment changed before it went out."""

    WAITING = "WAITING"
    SENT = "SENT"
    FAILED = "FAILED"
    WITHDRAWN = "WITHDRAWN"


class MailKind(StrEnum):
    """Why a mail was written: a SLIP is asked for, a REMINDER is due before the appointment."""

    SLIP = "SLIP"
    REMINDER = "REMINDER"


class PatientMail(Base):
    """A slip or a reminder on its way to a patient, as it was written when it was asked for or due.

    ``starts_at`` is the appointment that it tells of, ``locale`` the language of its text. A
    reminder tells of all appointments of a day at a site; ``exam`` is the first of them.
    """

    __tablename__ = "patient_mails"
    __table_args__ = (
        Index(
            "ix_patient_mails_waiting",
            "next_attempt_at",
            postgresql_where=text("state = 'WAITING'"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("scheduled_procedure_steps.id"), index=True)
    kind: Mapped[MailKind] = mapped_column(default=MailKind.SLIP, server_default="SLIP")
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
    reminders: Mapped[list["Reminder"]] = relationship(
        back_populates="mail", order_by="Reminder.starts_at", passive_deletes=True
    )


class Reminder(Base):
    """That the patient is reminded of an exam at the time that it has, once for each lead.

    By ``mail`` when ``lead_hours`` were left, or told by telephone by ``told_by``: that counts for
    every lead, as 0 does. An exam that moves is due again.
    """

    __tablename__ = "reminders"
    __table_args__ = (UniqueConstraint("exam_id", "starts_at", "lead_hours"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    exam_id: Mapped[int] = mapped_column(
        ForeignKey("scheduled_procedure_steps.id", ondelete="CASCADE")
    )
    starts_at: Mapped[datetime]
    lead_hours: Mapped[int] = mapped_column(default=0, server_default="0")
    mail_id: Mapped[int | None] = mapped_column(
        ForeignKey("patient_mails.id", ondelete="CASCADE"), index=True
    )
    told_at: Mapped[datetime | None]
    told_by: Mapped[str] = mapped_column(String(100), default="")

    exam: Mapped[ScheduledProcedureStep] = relationship()
    mail: Mapped[PatientMail | None] = relationship(back_populates="reminders")
