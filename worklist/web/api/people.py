"""Patients and clinical facts as JSON."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from worklist.patients import names
from worklist.patients.details import FactDetails
from worklist.patients.models import ClinicalFact, FactKind, FactOrigin, Patient
from worklist.web.api.fields import Input, Moment, Output

# The characters that divide a DICOM PN (PS3.5 section 6.2.1) are not part of a name.
NamePart = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=60, pattern=r"^[^\^=\\]*$")
]
_PARTS = ("family", "given", "middle", "prefix", "suffix")


class PatientName(Output):
    """A name by its components; ``display`` is how pages show it."""

    display: str
    family: str
    given: str
    middle: str
    prefix: str
    suffix: str

    @classmethod
    def of(cls, name: str) -> Self:
        """Read a DICOM PN component group."""
        parts = [*name.split("^"), *[""] * len(_PARTS)]
        return cls(display=names.display(name), **dict(zip(_PARTS, parts, strict=False)))


class PatientNumber(Output):
    """A patient's number and who issued it."""

    value: str
    issuer: str
    type_code: str
    active: bool


class PatientSummary(Output):
    """Whom something is about."""

    id: int
    name: PatientName
    birth_date: date | None
    sex: Literal["M", "F", "O"] | None

    @classmethod
    def of(cls, patient: Patient) -> Self:
        """Describe a patient."""
        return cls.made_of(patient, name=PatientName.of(patient.name))


class PatientRecord(PatientSummary):
    """A patient; ``merged_into_id`` is the record that goes on, where two were merged."""

    identifiers: list[PatientNumber]
    phone: str
    email: str
    address: str
    language: str
    declines_reminders: bool
    merged_into_id: int | None
    updated_at: datetime

    def etag(self) -> str:
        """A patient has no version: the time of the last change says the same."""
        return self.updated_at.isoformat()

    @classmethod
    def of(cls, patient: Patient) -> Self:
        """Describe a patient."""
        return cls.made_of(
            patient,
            name=PatientName.of(patient.name),
            identifiers=[PatientNumber.model_validate(one) for one in patient.identifiers],
        )


class Fact(Output):
    """Something known of a patient; ``value`` is shaped by its kind."""

    id: int
    kind: FactKind
    subject: str
    value: dict[str, Any]
    observed_at: datetime
    origin: FactOrigin
    recorded_by: str
    recorded_at: datetime
    ended_at: datetime | None


class NewFact(Input):
    """A fact to record.

    ``value``: ``{"number": 58}`` for what is measured, ``{"answer": true}`` for what is asked,
    ``{"severity": "mild"}`` for a reaction, ``{"safety": "conditional"}`` for an implant, ``{}``
    for a word, which is the ``subject``.
    """

    kind: FactKind
    subject: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] = ""
    value: dict[str, Any] = Field(default_factory=dict)
    observed_at: Moment | None = None

    def details(self, now: datetime) -> FactDetails:
        """Return the fact as a service takes it."""
        return FactDetails(
            kind=self.kind,
            subject=self.subject,
            value=self.value,
            observed_at=self.observed_at or now,
            origin=FactOrigin.DESK,
        )


def facts(found: Sequence[ClinicalFact]) -> list[Fact]:
    """Describe facts."""
    return [Fact.model_validate(one) for one in found]
