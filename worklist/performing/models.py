"""Tables of performed procedure steps: what the scanners report."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.db import Base
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.models import Patient


class PerformedStatus(StrEnum):
    """Performed Procedure Step Status (DICOM PS3.3 C.4.14)."""

    IN_PROGRESS = "IN PROGRESS"
    COMPLETED = "COMPLETED"
    DISCONTINUED = "DISCONTINUED"


class PerformedProcedureStep(Base):
    """One Modality Performed Procedure Step instance.

    ``attributes`` is the data set as reported, in the DICOM JSON model (PS3.18 annex F), N-SET
    applied over N-CREATE. A step of no exam ``waits`` for a person who links it or rejects it;
    ``accession_numbers`` are those that the scanner named.
    """

    __tablename__ = "performed_procedure_steps"
    __table_args__ = (
        Index("ix_performed_procedure_steps_study", "study_instance_uid"),
        Index("ix_performed_procedure_steps_started_at", "started_at"),
        Index(
            "ix_performed_procedure_steps_waiting",
            "started_at",
            "id",
            postgresql_where=text("waits"),
        ),
        Index(
            "ix_performed_procedure_steps_rejected",
            "rejected_at",
            postgresql_where=text("rejected_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    sop_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[PerformedStatus]
    performed_procedure_step_id: Mapped[str] = mapped_column(String(16))
    performed_station_ae_title: Mapped[str] = mapped_column(String(16))
    modality: Mapped[str] = mapped_column(String(16))
    study_instance_uid: Mapped[str] = mapped_column(String(64))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"), index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    discontinuation_reason: Mapped[str] = mapped_column(String(100), default="")
    attributes: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    accession_numbers: Mapped[list[str]] = mapped_column(ARRAY(String(16)), default=list)
    waits: Mapped[bool]
    rejected_at: Mapped[datetime | None]
    rejected_by: Mapped[str] = mapped_column(String(100), default="")
    rejection_reason: Mapped[str] = mapped_column(default="")

    patient: Mapped[Patient | None] = relationship()
    exams: Mapped[list[ScheduledProcedureStep]] = relationship(secondary="performed_for")
    dose: Mapped["PerformedDose | None"] = relationship(back_populates="performed")

    @property
    def first_exam(self) -> ScheduledProcedureStep | None:
        """The exam with which it counts where it was done for several."""
        return min(self.exams, key=lambda exam: exam.id, default=None)


class PerformedFor(Base):
    """Which exams a performed step was done for: any number on either side."""

    __tablename__ = "performed_for"

    performed_id: Mapped[int] = mapped_column(
        ForeignKey("performed_procedure_steps.id"), primary_key=True
    )
    exam_id: Mapped[int] = mapped_column(
        ForeignKey("scheduled_procedure_steps.id"), primary_key=True, index=True
    )


class DoseValues:
    """Columns of radiation in the units of DICOM (PS3.3 C.4.16).

    ``ctdi_vol_mgy`` in mGy (the largest of the irradiations), ``dlp_mgy_cm`` in mGy·cm,
    ``dap_dgy_cm2`` the dose area product in dGy·cm², ``fluoroscopy_seconds`` in s. None where
    nothing was told.
    """

    ctdi_vol_mgy: Mapped[float | None]
    dlp_mgy_cm: Mapped[float | None]
    dap_dgy_cm2: Mapped[float | None]
    fluoroscopy_seconds: Mapped[float | None]
    exposures: Mapped[int | None]

    def __str__(self) -> str:
        """What was told, in words: ``CTDIvol 12.3 mGy, DLP 312.5 mGy·cm``."""
        told = [
            text.format(value)
            for text, value in (
                ("CTDIvol {:g} mGy", self.ctdi_vol_mgy),
                ("DLP {:g} mGy·cm", self.dlp_mgy_cm),
                ("DAP {:g} dGy·cm²", self.dap_dgy_cm2),
                ("fluoroscopy {:g} s", self.fluoroscopy_seconds),
                ("{} exposures", self.exposures),
            )
            if value is not None
        ]
        return ", ".join(told)


class PerformedDose(DoseValues, Base):
    """Radiation of one performed step, as the scanner reports it."""

    __tablename__ = "performed_doses"

    performed_id: Mapped[int] = mapped_column(
        ForeignKey("performed_procedure_steps.id"), primary_key=True
    )

    performed: Mapped[PerformedProcedureStep] = relationship(back_populates="dose")


class AvailabilityNotice(Base):
    """An Instance Availability Notification: a study's images are there (PS3.4 annex R)."""

    __tablename__ = "availability_notices"
    __table_args__ = (Index("ix_availability_notices_study", "study_instance_uid"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    sop_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    study_instance_uid: Mapped[str] = mapped_column(String(64))
    performed_uids: Mapped[list[str]] = mapped_column(ARRAY(String(64)), default=list)
    instances: Mapped[int]
    available: Mapped[bool]
    sender: Mapped[str] = mapped_column(String(16))
    attributes: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
