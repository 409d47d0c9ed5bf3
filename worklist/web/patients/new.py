"""``/patients/new``: register somebody, after looking whether they are known already."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, selectinload
from werkzeug.wrappers import Response as AnyResponse

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.patients import names
from worklist.patients import service as patients
from worklist.patients.details import Identifier, PatientDetails
from worklist.patients.models import Patient
from worklist.web import answers, context
from worklist.web.patients import contact
from worklist.web.permissions import require
from worklist.web.search.queries import as_birth_date

_ALIKE = 0.45
_MOST = 10
_UNPROCESSABLE = 422


@require(Permission.BOOK)
def new() -> Response:
    """Show the empty form."""
    return _form({}, [])


@require(Permission.BOOK)
def begin() -> Response:
    """Show the form with what was searched for: a name or a birth date."""
    text = request.form.get("q", "").strip()
    born = as_birth_date(text)
    if born is not None:
        return _form({"birth_date": born.isoformat()}, [])
    return _form({} if re.search(r"\d", text) else _as_names(text), [])


@require(Permission.BOOK)
def create() -> AnyResponse:
    """Register the patient, unless somebody alike is known: then ask first."""
    details = read(request.form)
    with context.transaction() as session:
        context.site(session)
        alike = [] if request.form.get("sure") else find_alike(session, details)
        if alike:
            return _form(request.form, alike, status=_UNPROCESSABLE)
        patient = patients.register_new(session, details, actor=context.actor(), now=context.now())
        patient_id = patient.id
    return answers.done(_("Registered."), to=url_for("orders.new", patient=patient_id))


def read(form: Mapping[str, str]) -> PatientDetails:
    """Return what the form says.

    Raises:
        DomainError: the name or the birth date is missing or cannot be read.
    """
    family, given = (_plain(form.get(key, "")) for key in ("family", "given"))
    if not family:
        raise DomainError(_("A patient needs a family name."))
    born = as_birth_date(form.get("birth_date", "").strip())
    if born is None:
        raise DomainError(_("Give the birth date as 1981-05-04 or 4.5.1981."))
    require_born(born)
    sex = form.get("sex", "")
    number, issuer = form.get("number", "").strip(), form.get("issuer", "").strip()
    if bool(number) != bool(issuer):
        raise DomainError(_("A number needs to say who gave it, and the other way round."))
    reached = contact.read(form)
    return PatientDetails(
        identifiers=(Identifier(value=number, issuer=issuer),) if number else (),
        name=f"{family}^{given}".rstrip("^"),
        birth_date=born,
        sex=sex if sex in {"M", "F", "O"} else "",
        phone=reached.phone,
        email=reached.email,
        address=reached.address,
        language=reached.language,
    )


def require_born(birth_date: date) -> None:
    """Refuse a birth date that is still to come.

    Raises:
        DomainError: it is.
    """
    if birth_date > context.today():
        raise DomainError(_("The birth date is in the future."))


def find_alike(session: Session, details: PatientDetails) -> Sequence[Patient]:
    """Return whom the new patient may be: one birth date and a name alike, one name, one phone."""
    normal = names.normalise(details.name or "")
    alike = func.similarity(Patient.search_name, normal) > _ALIKE
    fits = [
        and_(Patient.birth_date == details.birth_date, alike),
        Patient.search_name == normal,
    ]
    if details.phone:
        fits.append(and_(Patient.phone == details.phone, alike))
    return session.scalars(
        select(Patient)
        .where(Patient.merged_into_id.is_(None), or_(*fits))
        .options(selectinload(Patient.identifiers))
        .order_by(func.similarity(Patient.search_name, normal).desc(), Patient.id)
        .limit(_MOST)
    ).all()


def _form(values: Mapping[str, str], alike: Sequence[Patient], *, status: int = 200) -> Response:
    return make_response(render_template("patients/new.html", typed=values, alike=alike), status)


def _as_names(text: str) -> dict[str, str]:
    family, comma, given = text.partition(",")
    if not comma:
        family, _, given = text.partition(" ")
    return {"family": family.strip(), "given": given.strip()}


def _plain(text: str) -> str:
    """Return a name without the characters that divide a DICOM PN (PS3.5 section 6.2.1)."""
    return re.sub(r"[\^=\\]+", " ", text).strip()
