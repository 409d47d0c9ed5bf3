"""A patient's exams as a file for spreadsheets."""

from functools import partial

from flask import Response, request

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients import service as patients
from worklist.web import context, words
from worklist.web.paging import sorted_page
from worklist.web.patients import queries
from worklist.web.permissions import require
from worklist.web.spreadsheet import list_as_file


@require(Permission.SEE_SCHEDULE)
def exams(patient_id: int) -> Response:
    """Return what was ever ordered, all pages of it, as it is sorted."""
    by = queries.exams_by(request.args.get("sort", ""))
    with context.transaction() as session:
        patients.get(session, patient_id)
    pages = partial(sorted_page, statement=queries.exams(patient_id), sorting=by)
    heading = (
        _("Ordered"), _("Time"), _("Began"), _("Modality"), _("Exam"), _("Why"), _("Status"),
        _("Priority"), _("Room"), _("Accession"),
    )  # fmt: skip
    return list_as_file(f"patient-{patient_id}", heading, pages, _of_exam)


def _of_exam(exam: ScheduledProcedureStep) -> list[object]:
    order = exam.order
    return [
        order.ordered_at,
        exam.starts_at,
        exam.started_at,
        exam.modality,
        exam.description,
        order.reason,
        words.status(exam.status),
        order.priority,
        exam.room.code if exam.room else "",
        order.accession_number,
    ]
