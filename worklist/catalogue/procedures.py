"""Tables of the procedures that can be ordered and the phases in which they use resources."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.catalogue.models import ResourceKind
from worklist.db import Base
from worklist.vocabulary import Contrast, ContrastRoute, OperatingMode


class Procedure(Base):
    """A procedure that can be ordered, with all that placing and preparing it needs.

    ``code`` and ``coding_scheme`` are what orders and the worklist's code sequence carry;
    ``duration_minutes`` is the stay in the room, ``turnover_minutes`` what the room then needs if
    that is more than its own turnover; ``preparation`` is read out to the patient, and
    ``preparation_translations`` has it in other languages, by their ISO 639 codes;
    ``required_capabilities`` are asked of the room; ``reading_group`` routes the finished exam;
    ``bleeding_risk`` is ``low`` or ``high`` of an intervention (SIR 2019), None of other exams;
    ``operating_mode`` is the one in which an MR is planned, None where it is not known.
    """

    __tablename__ = "procedures"
    __table_args__ = (CheckConstraint("bleeding_risk IN ('low', 'high')", name="bleeding_risk"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    coding_scheme: Mapped[str] = mapped_column(String(16), default="C4")
    name: Mapped[str] = mapped_column(String(64))
    synonyms: Mapped[list[str]] = mapped_column(ARRAY(String(64)))
    modality: Mapped[str] = mapped_column(String(16))
    body_part: Mapped[str] = mapped_column(String(16))
    contrast: Mapped[Contrast] = mapped_column(default=Contrast.NONE)
    contrast_route: Mapped[ContrastRoute] = mapped_column(default=ContrastRoute.NONE)
    duration_minutes: Mapped[int]
    turnover_minutes: Mapped[int] = mapped_column(default=0)
    dose_msv: Mapped[float] = mapped_column(default=0.0)
    ionising: Mapped[bool] = mapped_column(default=False)
    irradiates_pelvis: Mapped[bool] = mapped_column(default=False)
    screening: Mapped[bool] = mapped_column(default=False)
    radiopharmaceutical: Mapped[str | None] = mapped_column(String(32))
    needs_sedation: Mapped[bool] = mapped_column(default=False)
    power_injection: Mapped[bool] = mapped_column(default=False)
    first_pass_renal: Mapped[bool] = mapped_column(default=False)
    bleeding_risk: Mapped[str | None] = mapped_column(String(8))
    operating_mode: Mapped[OperatingMode | None]
    required_capabilities: Mapped[list[str]] = mapped_column(ARRAY(String(32)))
    preparation: Mapped[str] = mapped_column(default="")
    preparation_translations: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}"
    )
    reading_group: Mapped[str] = mapped_column(String(32), default="general")
    active: Mapped[bool] = mapped_column(default=True)

    phases: Mapped[list["ProcedurePhase"]] = relationship(
        order_by="ProcedurePhase.offset_minutes", cascade="all, delete-orphan"
    )


class ProcedurePhase(Base):
    """A stretch of a procedure that needs one resource beside the room.

    ``offset_minutes`` counts from the start of the stay in the room: -60 with a duration of 60
    ends as the patient enters it. ``patient_present`` is false while the patient may leave or the
    resource is a member of staff who comes along.
    """

    __tablename__ = "procedure_phases"
    __table_args__ = (
        CheckConstraint("duration_minutes > 0", name="duration"),
        UniqueConstraint("procedure_id", "name"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedures.id"))
    name: Mapped[str] = mapped_column(String(32))
    resource_kind: Mapped[ResourceKind]
    offset_minutes: Mapped[int]
    duration_minutes: Mapped[int]
    patient_present: Mapped[bool] = mapped_column(default=True)
