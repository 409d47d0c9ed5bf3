"""The waiting list and its offers as files for spreadsheets."""

from dataclasses import replace

from flask import Response
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.waiting.models import SlotOffer, WaitingEntry
from worklist.web import context
from worklist.web.language import tell
from worklist.web.paging import Page
from worklist.web.permissions import require
from worklist.web.spreadsheet import list_as_file
from worklist.web.waiting import queries

_EXAM = (_("Patient"), _("Born"), _("Phone"), _("Modality"), _("Exam"))


@require(Permission.BOOK)
def offers() -> Response:
    """Return the open offers, all pages of them, as they are filtered and sorted."""
    wanted, now = queries.asked(), context.now()

    def pages(session: Session, *, after: str, rows: int) -> Page[SlotOffer]:
        return queries.offers(session, replace(wanted, offer_after=after, rows=rows), now=now)

    heading = (_("Offered"), _("Room"), *_EXAM, _("Now"), _("Answer by"))
    return list_as_file(
        "offers",
        heading,
        pages,
        lambda one: [
            one.starts_at,
            one.room.code,
            *_of_exam(one.exam),
            one.exam.starts_at,
            one.expires_at,
        ],
    )


@require(Permission.BOOK)
def entries() -> Response:
    """Return who waits, all pages of them, as they are filtered and sorted."""
    wanted = queries.asked()

    def pages(session: Session, *, after: str, rows: int) -> Page[WaitingEntry]:
        return queries.entries(session, replace(wanted, after=after, rows=rows))

    heading = (_("Since"), _("Priority"), *_EXAM, _("Has"), _("Why"))
    return list_as_file(
        "waiting",
        heading,
        pages,
        lambda one: [
            one.added_at,
            one.exam.order.priority,
            *_of_exam(one.exam),
            one.exam.starts_at,
            tell(one.note),
        ],
    )


def _of_exam(exam: ScheduledProcedureStep) -> list[object]:
    patient = exam.patient
    return [
        patient.display_name,
        patient.birth_date,
        patient.phone,
        exam.modality,
        exam.description,
    ]
