"""Performed steps without an exam as files for spreadsheets."""

from functools import partial

from flask import Response, request

from worklist.auth.roles import Permission
from worklist.dicom.performed_summary import summarise
from worklist.language.text import _
from worklist.performing.models import PerformedProcedureStep
from worklist.web import words
from worklist.web.exams import story
from worklist.web.performed import queries
from worklist.web.permissions import require
from worklist.web.spreadsheet import list_as_file

_HEADING = (
    _("Scanner"), _("Modality"), _("Began"), _("Status"), _("Patient number"), _("Accession"),
    _("Patient here"),
)  # fmt: skip


@require(Permission.SEE_SCHEDULE)
def waiting() -> Response:
    """Return the steps that wait, all pages of them, as they are filtered and sorted."""
    pages = partial(
        queries.steps,
        by=queries.sorting(request.args.get("sort", "")),
        modality=request.args.get("modality", ""),
    )
    return list_as_file("performed", _HEADING, pages, _of_step)


@require(Permission.SEE_SCHEDULE)
def rejected() -> Response:
    """Return the steps that are of no exam, the last ones first."""
    heading = (*_HEADING, _("Why"), _("By"), _("When"))
    return list_as_file(
        "rejected",
        heading,
        queries.rejected,
        lambda step: [
            *_of_step(step),
            step.rejection_reason,
            story.who(step.rejected_by),
            step.rejected_at,
        ],
    )


def _of_step(step: PerformedProcedureStep) -> list[object]:
    return [
        step.performed_station_ae_title,
        step.modality,
        step.started_at,
        words.word(step.status),
        summarise(step.attributes).patient_number,
        step.accession_numbers,
        step.patient.display_name if step.patient else "",
    ]
