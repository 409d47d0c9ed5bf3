"""What a search has found as files for spreadsheets.

What was looked for names people: it comes in a form and is in no address.
"""

from flask import Response, request
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.models import Patient
from worklist.web import words
from worklist.web.paging import Page
from worklist.web.permissions import require
from worklist.web.search.queries import find, last_exams
from worklist.web.spreadsheet import list_as_file


@require(Permission.SEE_SCHEDULE)
def patients() -> Response:
    """Return all patients who fit, as they are sorted."""
    text, sort = request.form.get("q", ""), request.form.get("sort", "")

    def pages(session: Session, *, after: str, rows: int) -> Page[list[object]]:
        found = find(session, text, after=_read(after), sort=sort, rows=rows)
        began = last_exams(session, found.patients)
        lines = [[*_of_patient(one), began.get(one.id)] for one in found.patients]
        return Page(lines, _told(found.after))

    heading = (
        _("Name"), _("Born"), _("Sex"), _("Number"), _("Given by"), _("Phone"), _("Last exam"),
    )  # fmt: skip
    return list_as_file("patients", heading, pages, lambda row: row)


@require(Permission.SEE_SCHEDULE)
def exams() -> Response:
    """Return all exams that have the number."""
    text = request.form.get("q", "")

    def pages(session: Session, *, after: str, rows: int) -> Page[ScheduledProcedureStep]:
        found = find(session, text, exams_after=_read(after), rows=rows)
        return Page(found.exams, _told(found.exams_after))

    heading = (
        _("Accession"), _("Patient"), _("Priority"), _("Modality"), _("Exam"), _("Status"),
        _("When"),
    )  # fmt: skip
    return list_as_file("exams", heading, pages, _of_exam)


def _of_patient(patient: Patient) -> list[object]:
    number = patient.primary_identifier
    return [
        patient.display_name,
        patient.birth_date,
        patient.sex,
        number.value if number else "",
        number.issuer if number else "",
        patient.phone,
    ]


def _of_exam(exam: ScheduledProcedureStep) -> list[object]:
    return [
        exam.order.accession_number,
        exam.patient.display_name,
        exam.order.priority,
        exam.modality,
        exam.description,
        words.status(exam.status),
        exam.starts_at,
    ]


def _read(after: str) -> int | None:
    return int(after) if after else None


def _told(after: int | None) -> str | None:
    return None if after is None else str(after)
