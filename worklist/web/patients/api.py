"""Patients for programs: searching, registering, changing, and all that is known of one."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.catalogue.models import Site
from worklist.errors import ConflictError, NotFoundError
from worklist.language.tags import language_of
from worklist.language.text import _
from worklist.patients import service as patients
from worklist.patients.details import Identifier, PatientDetails
from worklist.patients.models import Patient
from worklist.web import context
from worklist.web.api.exams import ExamSummary
from worklist.web.api.fields import (
    After,
    Day,
    Input,
    Line,
    ListQuery,
    Output,
    RowId,
    SortedBy,
)
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.api.people import (
    Fact,
    NamePart,
    PatientName,
    PatientRecord,
    facts,
)
from worklist.web.api.problems import ApiError
from worklist.web.patients.new import find_alike, require_born
from worklist.web.patients.queries import Wanted, exams_by, patient_page
from worklist.web.search.queries import find

api = Operations("Patients", "Who is examined: found, registered, changed, and their chart.")

_Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
_Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
_Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]


def _language_code(value: str) -> str:
    code = language_of(value)
    if value and not code:
        raise ValueError("expected the ISO 639 code of a language such as de")
    return code


Language = Annotated[str, StringConstraints(max_length=40), AfterValidator(_language_code)]


class SearchText(Input):
    """A name, a number, a birth date, a phone, an accession or order number: as a caller says."""

    text: Line
    after: RowId | None = None
    exams_after: RowId | None = None
    sort: SortedBy = ""


class SearchResult(Output):
    """What fits, best first where no sorting was asked for.

    Where there is more, ``after`` is what the search for the next page of patients says, and
    ``exams_after`` that for the next page of exams. Where it ``is_cut``, so many names fit that
    only 5,000 of them were looked at.
    """

    patients: list[PatientRecord]
    exams: list[ExamSummary]
    more: bool
    after: int | None
    exams_after: int | None
    is_cut: bool


class Number(Input):
    """A patient's number and who issued it."""

    value: _Number
    issuer: _Number


class NewPatient(Input):
    """A patient to register; ``sure`` says that nobody known is meant, though somebody is alike."""

    family: Annotated[NamePart, StringConstraints(min_length=1)]
    given: NamePart = ""
    birth_date: Day
    sex: Literal["M", "F", "O"] | None = None
    phone: _Phone = ""
    email: _Email = ""
    address: Line = ""
    language: Language | None = None
    identifier: Number | None = None
    sure: bool = False


class PatientChange(Input):
    """What of a patient is to be other than it is; what is left out stays."""

    family: Annotated[NamePart, StringConstraints(min_length=1)] | None = None
    given: NamePart | None = None
    birth_date: Day | None = None
    sex: Literal["M", "F", "O"] | None = None
    phone: _Phone | None = None
    email: _Email | None = None
    address: Line | None = None
    language: Language | None = None
    declines_reminders: bool | None = None


class PreferredSite(Input):
    """The site's code; null is any."""

    site: Annotated[str, StringConstraints(max_length=16)] | None


class PatientMerged(Output):
    """A record that was merged into another one."""

    id: int
    survivor_id: int
    merged_id: int
    merged_at: datetime
    actor: str
    undone_at: datetime | None


class PatientChart(Output):
    """All that a patient's page shows; the newest of everything first.

    ``preferred_site`` is the code of the site where the patient would rather be examined. The
    ``next`` ones are the addresses of the pages that follow, null on the last.
    """

    patient: PatientRecord
    preferred_site: str | None
    facts: list[Fact]
    past_facts: list[Fact]
    next_past_facts: str | None
    exams: list[ExamSummary]
    next_exams: str | None
    merges: list[PatientMerged]


class ChartQuery(ListQuery):
    """Where the pages of the exams and of the former facts begin: as the page before told.

    ``sort`` of the exams is when, exam, status or priority, with ``-`` backwards.
    """

    after: After = ""
    past_facts: After = ""
    sort: SortedBy = ""


@api.post(
    "/search",
    Permission.SEE_SCHEDULE,
    twins="search.results search.patients_file search.exams_file orders.find_patient "
    "patients.find_other",
)
def search(session: Session, body: SearchText) -> SearchResult:
    """Find patients and exams by whatever a caller says.

    Patients are sorted by `name`, `born` or the last `exam`, backwards with a minus before it.

    It is a POST because what is searched for names people and stays out of addresses.
    """
    found = find(session, body.text, after=body.after, exams_after=body.exams_after, sort=body.sort)
    return SearchResult(
        patients=[PatientRecord.of(one) for one in found.patients],
        exams=[ExamSummary.of(one) for one in found.exams],
        more=found.more,
        after=found.after,
        exams_after=found.exams_after,
        is_cut=found.is_cut,
    )


@api.post("/patients", Permission.BOOK, creates="/patients/{id}", twins="patients.create")
def register_patient(session: Session, body: NewPatient) -> PatientRecord:
    """Register a patient.

    Where somebody alike is known the answer is 409 with them under `patients`: look, and send it
    again with `sure` if it is somebody else.
    """
    details = _new_details(body)
    if not body.sure and (alike := find_alike(session, details)):
        raise ApiError(
            409,
            "patient-alike",
            _(
                "Somebody similar is already registered: use that record,"
                " or send it again with sure: true."
            ),
            patients=[PatientRecord.of(one).model_dump(mode="json") for one in alike],
        )
    patient = patients.register_new(session, details, actor=context.actor(), now=context.now())
    session.refresh(patient)
    return PatientRecord.of(patient)


@api.get("/patients/<int:patient_id>", Permission.SEE_SCHEDULE, twins="patients.show")
def read_patient(session: Session, patient_id: int) -> PatientRecord:
    """Return a patient."""
    return PatientRecord.of(patients.get(session, patient_id))


@api.patch("/patients/<int:patient_id>", Permission.BOOK, twins="patients.change_contact")
def change_patient(
    session: Session, patient_id: int, body: PatientChange, if_match: str | None
) -> PatientRecord:
    """Change what is stored of a patient; the fields left out stay."""
    patient = patients.get(session, patient_id, lock=True)
    if if_match is not None and if_match != patient.updated_at.isoformat():
        raise ConflictError(_("This patient was changed meanwhile. Look again and repeat."))
    changes = body.model_dump(exclude_unset=True, exclude={"family", "given"})
    details = PatientDetails(identifiers=(), name=_changed_name(patient, body), **changes)
    patients.bring_up_to_date(session, patient, details, actor=context.actor(), now=context.now())
    return PatientRecord.of(patient)


@api.put("/patients/<int:patient_id>/site", Permission.BOOK, twins="patients.prefer_site")
def prefer_site(session: Session, patient_id: int, body: PreferredSite) -> PatientRecord:
    """Note at which site the patient would rather be examined."""
    patient = patients.get(session, patient_id, lock=True)
    site = None
    if body.site is not None:
        site = session.scalar(select(Site).where(Site.code == body.site))
        if site is None:
            raise NotFoundError(f"There is no site {body.site!r}.")
    patients.prefer_site(
        session,
        patient,
        site.id if site else None,
        name=site.name if site else "",
        actor=context.actor(),
        now=context.now(),
    )
    return PatientRecord.of(patient)


@api.get("/patients/<int:patient_id>/chart", Permission.SEE_SCHEDULE)
def read_chart(session: Session, patient_id: int, query: ChartQuery) -> PatientChart:
    """Return a patient with facts, exams and merges."""
    wanted = Wanted(
        exams=query.after,
        past_facts=query.past_facts,
        exams_by=exams_by(query.sort),
        rows=query.limit,
    )
    page = patient_page(session, patient_id, wanted)
    return PatientChart(
        patient=PatientRecord.of(page.patient),
        preferred_site=session.scalar(
            select(Site.code).where(Site.id == page.patient.preferred_site_id)
        ),
        facts=facts(page.facts),
        past_facts=facts(page.past_facts.rows),
        next_past_facts=page_after(page.past_facts.after, "past_facts"),
        exams=[ExamSummary.of(one) for one in page.exams.rows],
        next_exams=page_after(page.exams.after),
        merges=[PatientMerged.model_validate(one.merge) for one in page.merges],
    )


def _new_details(body: NewPatient) -> PatientDetails:
    require_born(body.birth_date)
    number = body.identifier
    return PatientDetails(
        identifiers=(Identifier(value=number.value, issuer=number.issuer),) if number else (),
        name=f"{body.family}^{body.given}".rstrip("^"),
        birth_date=body.birth_date,
        sex=body.sex or "",
        phone=body.phone,
        email=body.email,
        address=body.address,
        language=body.language or "",
    )


def _changed_name(patient: Patient, body: PatientChange) -> str | None:
    """Return the name with the parts that change, None where none does."""
    changes = body.model_dump(exclude_none=True, include={"family", "given"})
    if not changes:
        return None
    now = PatientName.of(patient.name).model_dump(exclude={"display"}) | changes
    return "^".join(now.values()).rstrip("^")
