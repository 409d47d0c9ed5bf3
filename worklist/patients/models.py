"""Tables of patients, their identifiers, merges and clinical facts."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    String,
    UniqueConstraint,
    false,
    func,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.db import Base
from worklist.patients import names


class Patient(Base):
    """A person.

    The three names are the component groups of a DICOM PN (PS3.5 section 6.2.1.2), each
    ``family^given^middle^prefix^suffix``. ``sex`` is M, F or O (DICOM PS3.3 C.7.1.1), None where
    unknown; ``preferred_site_id`` is where the patient would rather go; ``declines_reminders`` says
    that no reminder of an appointment is wanted. A merged patient points to its survivor and
    keeps only its trail.
    """

    __tablename__ = "patients"
    __table_args__ = (
        CheckConstraint("sex IN ('M', 'F', 'O')", name="sex"),
        CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        Index(
            "ix_patients_search_name",
            "search_name",
            postgresql_using="gin",
            postgresql_ops={"search_name": "gin_trgm_ops"},
        ),
        Index("ix_patients_birth_date", "birth_date"),
        Index("ix_patients_updated_at", "updated_at"),
        # Found by its last digits, with or without the country's and the area's.
        Index(
            "ix_patients_phone_backwards",
            literal_column(r"reverse(regexp_replace(phone, '\D', '', 'g'))").label("backwards"),
            postgresql_ops={"backwards": "text_pattern_ops"},
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    name_ideographic: Mapped[str] = mapped_column(String(200), default="")
    name_phonetic: Mapped[str] = mapped_column(String(200), default="")
    search_name: Mapped[str] = mapped_column(String(600), default="")
    birth_date: Mapped[date | None]
    sex: Mapped[str | None] = mapped_column(String(1))
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(120), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    language: Mapped[str] = mapped_column(String(8), default="", server_default="")
    declines_reminders: Mapped[bool] = mapped_column(default=False, server_default=false())
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"), index=True)
    preferred_site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    identifiers: Mapped[list["PatientIdentifier"]] = relationship(
        back_populates="patient", order_by="PatientIdentifier.id"
    )
    facts: Mapped[list["ClinicalFact"]] = relationship(
        back_populates="patient", order_by="ClinicalFact.observed_at.desc()"
    )

    @property
    def display_name(self) -> str:
        """``Family, Given Middle`` for pages."""
        return names.display(self.name)

    @property
    def primary_identifier(self) -> "PatientIdentifier | None":
        """The identifier shown to people and scanners: the first active one."""
        return next((one for one in self.identifiers if one.active), None)


# Written out, not bound: only then is it what the index holds.
PHONE_BACKWARDS = func.reverse(
    func.regexp_replace(
        Patient.phone, literal_column(r"'\D'"), literal_column("''"), literal_column("'g'")
    )
)


class PatientIdentifier(Base):
    """A patient's number and who issued it (HL7 CX.1 and CX.4)."""

    __tablename__ = "patient_identifiers"
    __table_args__ = (UniqueConstraint("issuer", "value"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    value: Mapped[str] = mapped_column(String(64), index=True)
    issuer: Mapped[str] = mapped_column(String(64))
    type_code: Mapped[str] = mapped_column(String(8), default="MR")
    active: Mapped[bool] = mapped_column(default=True)

    patient: Mapped[Patient] = relationship(back_populates="identifiers")


class PatientMerge(Base):
    """One merge, with what it moved, so that it can be told and undone."""

    __tablename__ = "patient_merges"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    survivor_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    merged_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    merged_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    moved: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]


class FactKind(StrEnum):
    """Kinds of clinical fact and what their ``value`` holds."""

    EGFR = "egfr"
    CREATININE = "creatinine"
    GLUCOSE = "glucose"
    WEIGHT = "weight"
    HEIGHT = "height"
    PREGNANCY = "pregnancy"
    CONTRAST_REACTION = "contrast_reaction"
    IMPLANT = "implant"
    CONDITION = "condition"
    MEDICATION = "medication"
    NEED = "need"
    ISOLATION = "isolation"
    ACUTE_KIDNEY_INJURY = "acute_kidney_injury"
    DIALYSIS = "dialysis"
    MR_SCREENING = "mr_screening"
    METAL_EYE_INJURY = "metal_eye_injury"
    GIRTH = "girth"
    INR = "inr"
    PLATELETS = "platelets"
    LAST_PERIOD = "last_period"
    TREATMENT = "treatment"
    PREMEDICATION = "premedication"
    CONTRAST_SCREENING = "contrast_screening"
    ALLERGY = "allergy"


class FactOrigin(StrEnum):
    """Where a clinical fact comes from."""

    ORDER = "order"
    LABORATORY = "laboratory"
    SCREENING_FORM = "screening_form"
    DESK = "desk"


class ClinicalFact(Base):
    """Something known about the patient, with its date and origin; never overwritten.

    ``value`` is checked by ``patients.facts`` for each kind. A newer fact of the same kind and
    ``subject`` replaces an older one for the rules; a fact with ``ended_at`` no longer holds.
    """

    __tablename__ = "clinical_facts"
    __table_args__ = (UniqueConstraint("patient_id", "kind", "subject", "observed_at", "origin"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    kind: Mapped[FactKind]
    subject: Mapped[str] = mapped_column(String(64), default="")
    value: Mapped[dict[str, Any]]
    observed_at: Mapped[datetime]
    origin: Mapped[FactOrigin]
    recorded_by: Mapped[str] = mapped_column(String(100))
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    patient: Mapped[Patient] = relationship(back_populates="facts")
