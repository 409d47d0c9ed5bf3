"""Tables of reservations, which forbid double booking, and of placements, which explain."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.catalogue.models import Resource
from worklist.db import Base
from worklist.orders.models import ScheduledProcedureStep

RESOURCE_CONSTRAINT = "ex_reservations_resource_during"
PATIENT_CONSTRAINT = "ex_reservations_patient_during"


class Reservation(Base):
    """One resource, or the patient, taken by one phase of one exam.

    The two exclusion constraints are what makes double booking impossible. A reservation lives as
    long as its exam keeps its slot: cancelling, moving or a no-show deletes it. What a search
    reads of rooms comes from the index by start alone, at half of what the constraint's costs.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint("num_nonnulls(resource_id, patient_id) = 1", name="resource_or_patient"),
        CheckConstraint("NOT isempty(during)", name="not_empty"),
        ExcludeConstraint(("resource_id", "="), ("during", "&&"), name=RESOURCE_CONSTRAINT),
        ExcludeConstraint(("patient_id", "="), ("during", "&&"), name=PATIENT_CONSTRAINT),
        Index(
            "ix_reservations_resource_start",
            "resource_id",
            text("lower(during)"),
            postgresql_include=["during", "exam_id"],
            postgresql_where=text("resource_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    exam_id: Mapped[int] = mapped_column(
        ForeignKey("scheduled_procedure_steps.id", ondelete="CASCADE"), index=True
    )
    resource_id: Mapped[int | None] = mapped_column(ForeignKey("resources.id"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"))
    phase: Mapped[str] = mapped_column(String(32))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)

    exam: Mapped[ScheduledProcedureStep] = relationship()
    resource: Mapped[Resource | None] = relationship()


class PlacementOutcome(StrEnum):
    """How an attempt to place an exam ended."""

    PLACED = "placed"
    HELD = "held"
    BLOCKED = "blocked"
    NO_SLOT = "no_slot"


class Placement(Base):
    """One attempt to place an exam and everything it was decided from.

    ``explanation`` is written by ``scheduling.explanation``: facts used, findings, the chosen room
    and each room left out with its reason. Attempts are kept; the newest is the one shown.
    """

    __tablename__ = "placements"
    __table_args__ = (Index("ix_placements_exam", "exam_id", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    exam_id: Mapped[int] = mapped_column(
        ForeignKey("scheduled_procedure_steps.id", ondelete="CASCADE")
    )
    made_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    outcome: Mapped[PlacementOutcome]
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    starts_at: Mapped[datetime | None]
    summary: Mapped[str]
    explanation: Mapped[dict[str, Any]]


class ExamDelay(Base):
    """When a coming exam is expected to begin, where the exam before it runs late."""

    __tablename__ = "exam_delays"

    exam_id: Mapped[int] = mapped_column(
        ForeignKey("scheduled_procedure_steps.id", ondelete="CASCADE"), primary_key=True
    )
    expected_at: Mapped[datetime]
