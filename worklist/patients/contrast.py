"""Contrast media that a patient was given."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from worklist.db import Base
from worklist.vocabulary import Contrast


class ReactionSeverity(StrEnum):
    """How the patient took it (ACR Manual on Contrast Media 2024, table of categories)."""

    NONE = "none"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class ContrastAdministration(Base):
    """One medium that was given: told by a scanner's performed step, or by a person of an exam.

    ``medium`` is what the rules know the agent as, None where neither its name nor the exam tells;
    ``agent``, ``route`` and ``lot`` are words as told, ``volume_ml`` is in mL. ``reaction`` is None
    where nobody has said. A row of a scanner has a ``performed_id``, and no exam as long as its
    step belongs to none.
    """

    __tablename__ = "contrast_administrations"
    __table_args__ = (
        CheckConstraint("exam_id IS NOT NULL OR performed_id IS NOT NULL", name="told_of"),
        CheckConstraint("volume_ml > 0", name="volume"),
        Index("ix_contrast_administrations_patient_given", "patient_id", "given_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"))
    exam_id: Mapped[int | None] = mapped_column(
        ForeignKey("scheduled_procedure_steps.id"), index=True
    )
    performed_id: Mapped[int | None] = mapped_column(
        ForeignKey("performed_procedure_steps.id"), index=True
    )
    medium: Mapped[Contrast | None]
    agent: Mapped[str] = mapped_column(String(64))
    route: Mapped[str] = mapped_column(String(64), default="")
    volume_ml: Mapped[float | None]
    lot: Mapped[str] = mapped_column(String(64), default="")
    reaction: Mapped[ReactionSeverity | None]
    note: Mapped[str] = mapped_column(default="")
    given_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(100))

    def __str__(self) -> str:
        """What was given, in words: ``Iomeron 350 80 mL``."""
        return f"{self.agent} {self.volume_ml:g} mL" if self.volume_ml else self.agent
