"""Two records of one person: found beside each other, and put together."""

from flask import Response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from worklist.auth.roles import Permission
from worklist.errors import ConflictError, DomainError
from worklist.language.text import _
from worklist.patients import service as patients
from worklist.patients.details import PatientDetails
from worklist.patients.models import Patient
from worklist.scheduling import merged_patients
from worklist.web import answers, context
from worklist.web.patients.new import find_alike
from worklist.web.permissions import require
from worklist.web.search.queries import Found, find


@require(Permission.BOOK)
def suggest(patient_id: int) -> str:
    """Show whose record may be the same person's: alike in name and birth date, or in phone."""
    with context.transaction() as session:
        patient = _unmerged(session, patient_id)
        details = PatientDetails(
            identifiers=(),
            name=patient.name,
            birth_date=patient.birth_date,
            phone=patient.phone,
        )
        found = Found(find_alike(session, details), [])
        return _page(session, patient, found, text=None)


@require(Permission.BOOK)
def look(patient_id: int) -> str:
    """Show who fits what was typed; it stays out of the address, for it names people."""
    text = request.form.get("q", "")
    with context.transaction() as session:
        patient = _unmerged(session, patient_id)
        found = find(session, text, after=request.form.get("after", type=int))
        return _page(session, patient, found, text=text)


@require(Permission.BOOK)
def merge(patient_id: int) -> AnyResponse:
    """Put another record into this one."""
    other_id = request.form.get("other", type=int)
    if other_id is None:
        raise DomainError(_("Choose the record that goes into this one."))
    with context.transaction() as session:
        for one in (patient_id, other_id):
            patients.get(session, one)
        merged_patients.merge(
            session,
            survivor_id=patient_id,
            merged_id=other_id,
            actor=context.actor(),
            now=context.now(),
        )
    return _merged(patient_id)


def _merged(patient_id: int) -> Response:
    to = url_for("patients.show", patient_id=patient_id)
    return answers.done(_("Merged. It can be undone on this page."), to=to)


def _page(session: Session, patient: Patient, found: Found, *, text: str | None) -> str:
    context.site(session)
    return render_template(
        "patients/merge.html",
        patient=patient,
        found=[one for one in found.patients if one.id != patient.id],
        text=text,
        after=found.after,
        crowd=found.crowd,
    )


def _unmerged(session: Session, patient_id: int) -> Patient:
    patient = patients.get(session, patient_id)
    if patient.merged_into_id is not None:
        raise ConflictError(_("This record was merged into another one: open that one instead."))
    return patient
