"""How a patient is reached, in which language and whether at all: kept up to date by the desk."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, render_template, request, url_for

from worklist.auth.roles import Permission
from worklist.errors import ConflictError, DomainError
from worklist.language.tags import language_of
from worklist.language.text import _
from worklist.patients import service as patients
from worklist.patients.details import PatientDetails
from worklist.web import answers, context
from worklist.web.permissions import require


@require(Permission.BOOK)
def form(patient_id: int) -> str:
    """Show what is known, to be changed."""
    part = "patients/contact.html"
    with context.transaction() as session:
        context.site(session)
        return render_template(
            part if answers.is_htmx() else "patients/form_page.html",
            part=part,
            title=_("Contact and language"),
            patient=patients.get(session, patient_id),
        )


@require(Permission.BOOK)
def change(patient_id: int) -> Response:
    """Keep it; the hospital is told."""
    told = read(request.form)
    details = PatientDetails(
        identifiers=(),
        phone=told.phone,
        email=told.email,
        address=told.address,
        language=told.language,
        declines_reminders=bool(request.form.get("declines_reminders")),
    )
    with context.transaction() as session:
        patient = patients.get(session, patient_id, lock=True)
        if patient.merged_into_id is not None:
            raise ConflictError(
                _("This record was merged into another one: change that one instead.")
            )
        patients.bring_up_to_date(
            session, patient, details, actor=context.actor(), now=context.now()
        )
    topic = f"patient-{patient_id}"
    to = None if answers.is_htmx() else url_for("patients.show", patient_id=patient_id)
    return answers.done(_("Noted."), topic, to=to)


@dataclass(frozen=True, slots=True)
class Contact:
    """How a patient is reached; ``language`` is an ISO 639 code."""

    phone: str
    email: str
    address: str
    language: str


def read(form: Mapping[str, str]) -> Contact:
    """Return what a form says.

    Raises:
        DomainError: the mail address or the language cannot be read.
    """
    phone, email, address, language = (
        form.get(name, "").strip() for name in ("phone", "email", "address", "language")
    )
    if email and "@" not in email.strip("@"):
        raise DomainError(_("%(text)s is not an e-mail address.", text=repr(email)))
    code = language_of(language)
    if language and not code:
        raise DomainError(_("%(text)s is not a known language.", text=repr(language)))
    return Contact(phone, email, address, code)
