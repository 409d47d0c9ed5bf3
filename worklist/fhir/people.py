"""Patient (R4 section 8.1)."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from worklist.fhir.elements import (
    Json,
    human_name,
    identifier,
    issuer_system,
    reference,
    without_empty,
)
from worklist.fhir.parameters import Condition, days, token
from worklist.fhir.search import Kind
from worklist.patients import names
from worklist.patients.models import Patient, PatientIdentifier

_GENDERS = {"M": "male", "F": "female", "O": "other"}


def to_resource(_session: Session, patient: Patient) -> Json:
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
    matching = select(PatientIdentifier.patient_id).where(PatientIdentifier.value == wanted.code)
    if wanted.system:
        known = func.concat("urn:worklist:issuer:", PatientIdentifier.issuer)
        plain = wanted.system.removeprefix("urn:worklist:issuer:")
        matching = matching.where((known == wanted.system) | (PatientIdentifier.issuer == plain))
    return Patient.id.in_(matching)


def _named(value: str) -> Condition:
    """Match the start of any part of the name, without case and accents (section 3.1.1.4.8)."""
    return func.concat(" ", Patient.search_name).contains(
        f" {names.normalise(value)}", autoescape=True
    )


PATIENT = Kind(
    name="Patient",
    select=_select,
    id=Patient.id,
    to_resource=to_resource,
    parameters={
        "identifier": _identified,
        "name": _named,
        "family": _named,
        "given": _named,
        "birthdate": days(Patient.birth_date),
    },
)
