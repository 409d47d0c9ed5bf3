"""Tables of the order: service request, requested procedure, scheduled procedure step, holds."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.catalogue.models import Room, Station
from worklist.catalogue.procedures import Procedure
from worklist.db import Base
from worklist.orders.status import StepStatus
from worklist.patients.models import Patient
from worklist.vocabulary import PatientClass, Priority


class ImagingServiceRequest(Base):
    """One order: what was asked for, by whom, and under which numbers.

    ``placer_issuer`` is the facility whose placer order number it is, so that two hospitals may
    use the same number. ``message_time`` is that of the newest message applied: an older one
    changes nothing. Physicians are DICOM PN strings.
    """

    __tablename__ = "imaging_service_requests"
    __table_args__ = (
        UniqueConstraint("placer_issuer", "placer_order_number"),
        Index("ix_imaging_service_requests_patient_id", "patient_id"),
        Index("ix_imaging_service_requests_placer_order_number", "placer_order_number"),
        Index("ix_imaging_service_requests_ordered_at", "ordered_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    placer_order_number: Mapped[str | None] = mapped_column(String(64))
    placer_issuer: Mapped[str] = mapped_column(String(64), default="")
    placer_group_number: Mapped[str] = mapped_column(String(64), default="")
    filler_order_number: Mapped[str] = mapped_column(String(64), unique=True)
    accession_number: Mapped[str] = mapped_column(String(16), unique=True)
    priority: Mapped[Priority]
    patient_class: Mapped[PatientClass]
    ordering_physician: Mapped[str] = mapped_column(String(200), default="")
    referring_physician: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(default="")
    clinical_information: Mapped[str] = mapped_column(default="")
    danger_code: Mapped[str] = mapped_column(String(60), default="")
    transport: Mapped[str] = mapped_column(String(32), default="")
    current_location: Mapped[str] = mapped_column(String(64), default="")
    admission_id: Mapped[str] = mapped_column(String(64), default="")
    ordered_at: Mapped[datetime]
    wanted_at: Mapped[datetime | None]
    message_time: Mapped[datetime | None]
    created_at: Mapped[datetime]

    patient: Mapped[Patient] = relationship()
    requested_procedures: Mapped[list["RequestedProcedure"]] = relationship(
        back_populates="order", order_by="RequestedProcedure.id"
    )

    @property
    def exams(self) -> list["ScheduledProcedureStep"]:
        """The exams of all its requested procedures."""
        return [step for requested in self.requested_procedures for step in requested.steps]


class RequestedProcedure(Base):
    """One procedure of an order: one study, one report.

    ``placer_procedure_id`` is the requested procedure id as the sender wrote it, empty where this
    department gave it.
    """

    __tablename__ = "requested_procedures"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("imaging_service_requests.id"), index=True)
    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedures.id"), index=True)
    requested_procedure_id: Mapped[str] = mapped_column(String(16), unique=True)
    placer_procedure_id: Mapped[str] = mapped_column(String(64), default="")
    study_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    description: Mapped[str] = mapped_column(String(64))
    laterality: Mapped[str] = mapped_column(String(1), default="")

    order: Mapped[ImagingServiceRequest] = relationship(back_populates="requested_procedures")
    procedure: Mapped[Procedure] = relationship()
    steps: Mapped[list["ScheduledProcedureStep"]] = relationship(
        back_populates="requested_procedure", order_by="ScheduledProcedureStep.id"
    )


class ScheduledProcedureStep(Base):
    """An exam: one stay in one room. Called "exam" on every page.

    ``starts_at`` to ``ends_at`` is the stay in the room without turnover. ``version`` counts
    changes, so that a page that shows an older one is told instead of overwriting.
    ``status_reason`` says why the exam is HELD, UNSCHEDULED, CANCELED or DISCONTINUED. Workers
    place it as long as ``automatic_placement`` is true; putting it back by hand ends that.
    ``marked_status`` is what a person last said of the performing: ``performing.status`` weighs it
    against what scanners report. ``measured_dose_msv`` is the effective dose after what scanners
    measured, None where they told nothing that it could be had from. ``placer_step_id`` is the
    step's id as the sender wrote it; ``appointment_number``, with its issuer, that of an
    appointment made elsewhere.
    """

    __tablename__ = "scheduled_procedure_steps"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint(
            "status NOT IN ('SCHEDULED', 'ARRIVED', 'READY')"
            " OR (room_id IS NOT NULL AND starts_at IS NOT NULL AND ends_at IS NOT NULL)",
            name="slot_when_scheduled",
        ),
        CheckConstraint(
            "marked_status IN ('STARTED', 'COMPLETED', 'DISCONTINUED')", name="marked_status"
        ),
        Index("ix_scheduled_procedure_steps_room_start", "room_id", "starts_at"),
        Index("ix_scheduled_procedure_steps_starts_at", "starts_at"),
        Index("ix_scheduled_procedure_steps_started_at", "started_at"),
        Index("ix_scheduled_procedure_steps_ended_at", "ended_at"),
        Index(
            "ix_scheduled_procedure_steps_over",
            "status_changed_at",
            postgresql_where=text("status IN ('COMPLETED', 'DISCONTINUED', 'CANCELED', 'NO_SHOW')"),
        ),
        Index(
            "ix_scheduled_procedure_steps_room_over",
            "room_id",
            "status_changed_at",
            postgresql_where=text("status IN ('COMPLETED', 'DISCONTINUED', 'CANCELED', 'NO_SHOW')"),
        ),
        Index(
            "ix_scheduled_procedure_steps_not_done",
            "status",
            "id",
            postgresql_where=text("status IN ('DISCONTINUED', 'CANCELED', 'NO_SHOW')"),
        ),
        Index("ix_scheduled_procedure_steps_patient_id", "patient_id"),
        Index(
            "ix_scheduled_procedure_steps_open",
            "id",
            postgresql_where=text(
                "status IN ('UNSCHEDULED', 'HELD', 'SCHEDULED', 'ARRIVED', 'READY', 'STARTED',"
                " 'DEPARTED')"
            ),
        ),
        Index(
            "ix_scheduled_procedure_steps_unplaced",
            "id",
            postgresql_where=text("status IN ('UNSCHEDULED', 'HELD')"),
        ),
        Index(
            "ix_scheduled_procedure_steps_worklist",
            "station_id",
            "starts_at",
            postgresql_where=text("status IN ('SCHEDULED', 'ARRIVED', 'READY')"),
        ),
        Index(
            "ix_scheduled_procedure_steps_under_way",
            "station_id",
            postgresql_where=text("status IN ('STARTED', 'DEPARTED')"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    requested_procedure_id: Mapped[int] = mapped_column(
        ForeignKey("requested_procedures.id"), index=True
    )
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    scheduled_procedure_step_id: Mapped[str] = mapped_column(String(16), unique=True)
    placer_step_id: Mapped[str] = mapped_column(String(64), default="")
    appointment_number: Mapped[str | None] = mapped_column(String(140), index=True)
    description: Mapped[str] = mapped_column(String(64))
    modality: Mapped[str] = mapped_column(String(16))
    status: Mapped[StepStatus] = mapped_column(default=StepStatus.UNSCHEDULED)
    status_reason: Mapped[str] = mapped_column(default="")
    status_changed_at: Mapped[datetime]
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    performing_physician: Mapped[str] = mapped_column(String(200), default="")
    arrived_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    measured_dose_msv: Mapped[float | None]
    marked_status: Mapped[str | None] = mapped_column(String(32))
    marked_at: Mapped[datetime | None]
    automatic_placement: Mapped[bool] = mapped_column(default=True)
    placement_tried_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    requested_procedure: Mapped[RequestedProcedure] = relationship(back_populates="steps")
    patient: Mapped[Patient] = relationship()
    room: Mapped[Room | None] = relationship()
    station: Mapped[Station | None] = relationship()
    holds: Mapped[list["ExamHold"]] = relationship(back_populates="exam", order_by="ExamHold.id")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read by SQLAlchemy

    @property
    def order(self) -> ImagingServiceRequest:
        """The order that this exam belongs to."""
        return self.requested_procedure.order

    @property
    def procedure(self) -> Procedure:
        """The catalogue's procedure."""
        return self.requested_procedure.procedure

    @property
    def open_holds(self) -> list["ExamHold"]:
        """The questions that nobody has answered yet."""
        return [hold for hold in self.holds if hold.resolved_at is None]


class ExamHold(Base):
    """A rule's question that holds an exam until a person answers or overrides it.

    One thing is asked: a fact of this kind, where there is one, about this subject. Open while
    ``resolved_at`` is empty. ``resolution`` is ``answered`` (a fact was recorded),
    ``overridden`` (with ``reason``) or ``withdrawn`` (the rule no longer asks).
    """

    __tablename__ = "exam_holds"
    __table_args__ = (
        Index(
            "uq_exam_holds_open",
            "exam_id",
            "rule",
            "fact",
            "subject",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("resolved_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("scheduled_procedure_steps.id"), index=True)
    rule: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(32))
    question: Mapped[str]
    fact: Mapped[str | None] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64), default="", server_default="")
    finding: Mapped[dict[str, Any]]
    raised_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(String(100))
    resolution: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(default="")

    exam: Mapped[ScheduledProcedureStep] = relationship(back_populates="holds")
