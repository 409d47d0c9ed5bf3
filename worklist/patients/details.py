"""What a message or a form says about a patient, as plain data."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from worklist.patients.models import FactKind, FactOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A patient's number and its issuer (HL7 CX.1, CX.4, CX.5)."""

    value: str
    issuer: str
    type_code: str = "MR"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientDetails:
    """Identity and demographics; None leaves what is stored, an empty string deletes it.

    Names are DICOM PN component groups; ``sex`` is M, F, O or empty; ``language`` is an ISO 639
    code.
    """

    identifiers: tuple[Identifier, ...]
    name: str | None = None
    name_ideographic: str | None = None
    name_phonetic: str | None = None
    birth_date: date | Literal[""] | None = None
    sex: str | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    language: str | None = None
    declines_reminders: bool | None = None


class FactStatus(StrEnum):
    """Whether a fact is told, told again because it was wrong, or taken back."""

    TOLD = "told"
    CORRECTED = "corrected"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactDetails:
    """One clinical fact: see ``patients.facts`` for what ``value`` holds for each kind.

    A correction, or taking back, is of the fact of the same kind, subject, time and origin.
    """

    kind: FactKind
    value: dict[str, Any]
    observed_at: datetime
    origin: FactOrigin
    subject: str = ""
    status: FactStatus = FactStatus.TOLD
