"""Every write to patients: registering, updating and merging them."""

from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _
from worklist.patients import names
from worklist.patients.details import Identifier, PatientDetails
from worklist.patients.models import Patient, PatientIdentifier

_PLAIN_FIELDS = (
    "name",
    "name_ideographic",
    "name_phonetic",
    "phone",
    "email",
    "address",
    "language",
    "declines_reminders",
)
LOCAL_ISSUER = "WORKLIST"


class PatientMismatchError(DomainError):
    """Identifiers given together belong to different patients."""


def find(session: Session, identifiers: tuple[Identifier, ...]) -> Patient | None:
    """Return the patient with any of these identifiers; a merged one leads to its survivor.

    Raises:
        PatientMismatchError: the identifiers belong to two different patients.
    """
    pairs = [(one.issuer, one.value) for one in identifiers]
    statement = (
        select(Patient)
        .join(PatientIdentifier)
        .where(tuple_(PatientIdentifier.issuer, PatientIdentifier.value).in_(pairs))
        .distinct()
    )
    found = {survivor(session, patient).id: patient for patient in session.scalars(statement)}
    if len(found) > 1:
        raise PatientMismatchError(
            _(
                "The patient identifiers given together belong to different patients: merge "
                "the patients first, or correct the identifiers."
            )
        )
    return survivor(session, next(iter(found.values()))) if found else None


def get(session: Session, patient_id: int, *, lock: bool = False) -> Patient:
    """Return the patient, with ``lock`` for a change.

    Raises:
        NotFoundError: there is no such patient.
    """
    patient = session.get(Patient, patient_id, with_for_update=lock or None)
    if patient is None:
        raise NotFoundError(_("There is no patient %(patient_id)s.", patient_id=patient_id))
    return patient


def get_survivor(session: Session, patient_id: int) -> Patient:
    """Return the patient, or the one whom the record was merged into.

    Raises:
        NotFoundError: there is no such patient.
    """
    return survivor(session, get(session, patient_id))


def survivor(session: Session, patient: Patient) -> Patient:
    """Follow merges to the patient that is left."""
    while patient.merged_into_id is not None:
        patient = session.get_one(Patient, patient.merged_into_id)
    return patient


def register_or_update(
    session: Session, details: PatientDetails, *, actor: str, now: datetime
) -> Patient:
    """Return the patient with these identifiers, made or brought up to date.

    Raises:
        PatientMismatchError: the identifiers belong to two different patients.
    """
    patient = find(session, details.identifiers)
    return bring_up_to_date(session, patient, details, actor=actor, now=now)


def bring_up_to_date(
    session: Session,
    patient: Patient | None,
    details: PatientDetails,
    *,
    actor: str,
    now: datetime,
) -> Patient:
    """Update the patient whom `find` gave, or register one where it gave none."""
    created = patient is None
    if patient is None:
        patient = Patient(
            name="", created_at=now, updated_at=now, identifiers=[], declines_reminders=False
        )
        session.add(patient)
    before = _demographics(patient)
    _apply(patient, details)
    session.flush()
    added = _add_identifiers(session, patient, details.identifiers)
    changed = [key for key, value in _demographics(patient).items() if before[key] != value]
    if created or changed or added:
        patient.updated_at = now
        action = "patient.registered" if created else "patient.updated"
        audit.record(
            session, action, actor=actor, now=now, patient_id=patient.id, changed=sorted(changed)
        )
    return patient


def register_new(
    session: Session, details: PatientDetails, *, actor: str, now: datetime
) -> Patient:
    """Make a patient whom no hospital system has announced, with a number of our own if need be.

    Scanners need a number (DICOM Patient ID is type 1 in a worklist answer); the hospital's own
    comes later and the two are merged.

    Raises:
        PatientMismatchError: a number that was given is somebody's already.
    """
    if details.identifiers and find(session, details.identifiers) is not None:
        raise PatientMismatchError(_("This number is somebody's already: search for it."))
    patient = register_or_update(session, details, actor=actor, now=now)
    if not details.identifiers:
        own = Identifier(value=f"L{patient.id:08d}", issuer=LOCAL_ISSUER)
        _add_identifiers(session, patient, (own,))
    return patient


def prefer_site(
    session: Session,
    patient: Patient,
    site_id: int | None,
    *,
    name: str,
    actor: str,
    now: datetime,
) -> None:
    """Note at which site the patient would rather be examined; None: at any.

    Args:
        session: In a transaction.
        patient: Who.
        site_id: Which site.
        name: The site's, for the trail; empty for any.
        actor: Who notes it.
        now: When.
    """
    if patient.preferred_site_id == site_id:
        return
    patient.preferred_site_id = site_id
    session.flush()
    audit.record(
        session, "patient.prefers_site", actor=actor, now=now, patient_id=patient.id, site=name
    )


def _demographics(patient: Patient) -> dict[str, object]:
    return {key: getattr(patient, key) for key in (*_PLAIN_FIELDS, "birth_date", "sex")}


def _apply(patient: Patient, details: PatientDetails) -> None:
    for key in _PLAIN_FIELDS:
        value = getattr(details, key)
        if value is not None:
            setattr(patient, key, value)
    if details.birth_date is not None:
        patient.birth_date = details.birth_date or None
    if details.sex is not None:
        patient.sex = details.sex or None
    patient.search_name = names.normalise(
        patient.name, patient.name_ideographic or "", patient.name_phonetic or ""
    )


def _add_identifiers(
    session: Session, patient: Patient, identifiers: tuple[Identifier, ...]
) -> list[str]:
    known = {(one.issuer, one.value) for one in patient.identifiers}
    new = [one for one in identifiers if (one.issuer, one.value) not in known]
    for one in new:
        patient.identifiers.append(
            PatientIdentifier(value=one.value, issuer=one.issuer, type_code=one.type_code)
        )
    session.flush()
    return [one.issuer for one in new]
