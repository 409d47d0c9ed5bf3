"""Patient (R4 section 8.1)."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from sqlalchemy import Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, selectinload

from worklist.fhir.elements import (
    Json,
    human_name,
    identifier,
    issuer_system,
    reference,
    without_empty,
)
from worklist.fhir.errors import invalid
from worklist.fhir.parameters import (
    Column,
    Condition,
    Matches,
    Parameter,
    codes,
    days,
    references,
    token,
)
from worklist.fhir.search import Kind
from worklist.fhir.updated import ByColumn
from worklist.language.text import _
from worklist.patients import names
from worklist.patients.models import PHONE_BACKWARDS, Patient, PatientIdentifier

_GENDERS = {"M": "male", "F": "female", "O": "other"}
_ISSUER = "urn:worklist:issuer:"
_FEWEST_DIGITS = 5


def to_resources(_session: Session, patients: Sequence[Patient]) -> list[Json]:
    """Return each as a Patient."""
    return [_to_resource(one) for one in patients]


def of_patient(column: Column, *names: str) -> dict[str, Parameter]:
    """Return parameters of these names that match the patient whose row a column refers to."""
    return dict.fromkeys(names, references(PATIENT, column))


def _to_resource(patient: Patient) -> Json:
    """Return a Patient; a merged one says who replaces it."""
    replaced = patient.merged_into_id
    all_names = [
        human_name(patient.name),
        human_name(patient.name_ideographic),
        human_name(patient.name_phonetic),
    ]
    telecom = [("phone", patient.phone), ("email", patient.email)]
    return without_empty(
        resourceType="Patient",
        id=str(patient.id),
        active=replaced is None,
        identifier=[
            identifier(issuer_system(one.issuer), one.value, one.type_code)
            for one in patient.identifiers
            if one.active
        ],
        name=[one for one in all_names if one],
        telecom=[{"system": system, "value": value} for system, value in telecom if value],
        gender=_GENDERS.get(patient.sex or "", "unknown"),
        birthDate=patient.birth_date.isoformat() if patient.birth_date else None,
        address=[{"text": patient.address}] if patient.address else None,
        link=[{"other": reference("Patient", replaced), "type": "replaced-by"}]
        if replaced
        else None,
    )


def _select() -> Select[Any]:
    return select(Patient).options(selectinload(Patient.identifiers))


def _identified(value: str) -> Condition:
    wanted = token(value)
    if wanted.system == "":
        return false()  # each of our identifiers has a system
    matching = select(PatientIdentifier.patient_id).where(
        PatientIdentifier.value == wanted.code, PatientIdentifier.active
    )
    if wanted.system is not None:
        known = func.concat(_ISSUER, PatientIdentifier.issuer)
        plain = unquote(wanted.system.removeprefix(_ISSUER))
        matching = matching.where((known == wanted.system) | (PatientIdentifier.issuer == plain))
    return Patient.id.in_(matching)


def _named(value: str) -> Condition:
    """Match the start of any part of the name, without case and accents (section 3.1.1.4.8)."""
    begins = func.concat(" ", Patient.search_name).contains(
        f" {names.normalise(value)}", autoescape=True
    )
    return and_(_named_within(value), begins)  # the index knows the first


def _named_within(value: str) -> Condition:
    return Patient.search_name.contains(names.normalise(value), autoescape=True)


def _component(*numbers: int) -> Matches:
    """Match the start of some components of the names, which are DICOM PN."""
    columns = (Patient.name, Patient.name_ideographic, Patient.name_phonetic)
    parts = [
        func.unaccent(func.lower(func.split_part(column, "^", number)))
        for column in columns
        for number in numbers
    ]

    def matches(value: str) -> Condition:
        wanted = names.normalise(value)
        return and_(
            _named_within(value), or_(*(one.startswith(wanted, autoescape=True) for one in parts))
        )

    return matches


def _phoned(value: str) -> Condition:
    """Match the last digits, with or without the country's and the area's."""
    digits = "".join(one for one in token(value).code if one.isdecimal())
    if len(digits) < _FEWEST_DIGITS:
        raise invalid(_("phone has %(number)s digits at least.", number=_FEWEST_DIGITS))
    return PHONE_BACKWARDS.like(f"{digits[::-1]}%")


PATIENT = Kind(
    name="Patient",
    select=_select,
    id=Patient.id,
    to_resources=to_resources,
    parameters={
        "identifier": Parameter("token", _identified),
        "name": Parameter("string", _named, {"contains": _named_within}),
        "family": Parameter("string", _component(1)),
        "given": Parameter("string", _component(2, 3)),
        "birthdate": days(Patient.birth_date),
        "phone": Parameter("token", _phoned),
        "gender": codes(
            "gender",
            {word: Patient.sex == letter for letter, word in _GENDERS.items()}
            | {"unknown": Patient.sex.is_(None)},
        ),
        "active": codes(
            "active",
            {
                "true": Patient.merged_into_id.is_(None),
                "false": Patient.merged_into_id.is_not(None),
            },
        ),
    },
    updated=ByColumn(Patient.updated_at),
    sorts={"birthdate": Patient.birth_date},
)
