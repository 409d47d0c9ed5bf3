"""Table of the screening forms that were filled."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from worklist.db import Base


class FilledForm(Base):
    """One form filled for an exam: the answers as given; what they mean are clinical facts."""

    __tablename__ = "filled_forms"
    __table_args__ = (Index("ix_filled_forms_exam_id", "exam_id", "form", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("scheduled_procedure_steps.id"))
    form: Mapped[str] = mapped_column(String(32))
    answers: Mapped[dict[str, Any]]
    recorded_by: Mapped[str] = mapped_column(String(100))
    filled_at: Mapped[datetime]
