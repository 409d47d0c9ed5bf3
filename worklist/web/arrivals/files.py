"""The day's arrivals as files for spreadsheets."""

from collections.abc import Callable
from dataclasses import replace

from flask import Response
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.web import context, words
from worklist.web.arrivals import check_in, queries
from worklist.web.paging import Page
from worklist.web.permissions import require
from worklist.web.spreadsheet import list_as_file

_HEADING = (
    _("Time"), _("Patient"), _("Born"), _("Phone"), _("Modality"), _("Exam"), _("Comes from"),
    _("Location"), _("Room"), _("Status"), _("Arrived"),
)  # fmt: skip


@require(Permission.CHECK_IN)
def awaited() -> Response:
    """Return who is awaited, all pages of them, as they are filtered and sorted."""
    return _file("awaited", lambda shown: shown.awaited)


@require(Permission.CHECK_IN)
def here() -> Response:
    """Return who is here, all pages of them, as they are filtered and sorted."""
    return _file("here", lambda shown: shown.here)


def _file(
    name: str, chosen: Callable[[queries.Arrivals], Page[ScheduledProcedureStep]]
) -> Response:
    with context.transaction() as session:
        asked = queries.asked(context.site(session).id, check_in.today())
    now = context.now()

    def pages(session: Session, *, after: str, rows: int) -> Page[ScheduledProcedureStep]:
        wanted = replace(asked, after=after, here_after=after, rows=rows)
        return chosen(queries.arrivals(session, wanted, now=now))

    return list_as_file(name, _HEADING, pages, _of_exam)


def _of_exam(exam: ScheduledProcedureStep) -> list[object]:
    patient, order = exam.patient, exam.order
    return [
        exam.starts_at,
        patient.display_name,
        patient.birth_date,
        patient.phone,
        exam.modality,
        exam.description,
        words.patient_class(order.patient_class),
        order.current_location,
        exam.room.code if exam.room else "",
        words.status(exam.status),
        exam.arrived_at,
    ]
