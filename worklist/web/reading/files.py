"""The reading queue and the critical findings as files for spreadsheets."""

from functools import partial

from flask import Response, request

from worklist.auth.roles import Permission
from worklist.language.text import Text, _
from worklist.patients import names
from worklist.reading.critical.models import CriticalFinding
from worklist.reading.models import ReadingTask
from worklist.web import context, words
from worklist.web.paging import sorted_page
from worklist.web.permissions import require
from worklist.web.reading import critical_lists, narrowing, queries
from worklist.web.reading.queries import Tab
from worklist.web.spreadsheet import list_as_file

_FINDING: tuple[Text, ...] = (
    _("Raised"), _("Due"), _("Category"), _("Patient"), _("Exam"), _("Accession"), _("Finding"),
    _("Raised by"), _("To be told"),
)  # fmt: skip


@require(Permission.SEE_READING)
def queue() -> Response:
    """Return a tab of the queue, all pages of it, as it is filtered and sorted."""
    tab = narrowing.word(Tab, "tab") or Tab.READY
    by = queries.sorting(tab, request.args.get("sort", ""))
    with context.transaction() as session:
        reader = context.user(session)
    midnight, _next = context.day_bounds(context.today())
    listed = queries.of_tab(tab, narrowing.list_selection(), reader, midnight=midnight)
    pages = partial(sorted_page, statement=listed, sorting=by)
    heading = (
        _("Priority"), _("Target"), _("Patient"), _("Modality"), _("Exam"), _("Group"),
        _("Comes from"), _("Location"), _("Accession"), _("Performed"), _("Reason"),
        _("Ordering physician"), _("Kept for"), _("Reading"), _("Reader"), _("Read"),
    )  # fmt: skip
    return list_as_file("reading", heading, pages, _of_task)


@require(Permission.SEE_READING)
def open_findings() -> Response:
    """Return the findings that nobody has acknowledged."""
    return list_as_file("critical-open", _FINDING, critical_lists.open_page, _of_finding)


@require(Permission.SEE_READING)
def closed_findings() -> Response:
    """Return the findings that were closed lately, as they are sorted."""
    by = critical_lists.closed_by(request.args.get("sort", ""))
    pages = partial(critical_lists.closed_page, by=by, now=context.now())
    heading = (*_FINDING, _("Was told"), _("Told"), _("Taken back"), _("Why"))
    return list_as_file(
        "critical-closed",
        heading,
        pages,
        lambda one: [
            *_of_finding(one),
            one.acknowledged_by,
            one.acknowledged_at,
            one.withdrawn_at,
            one.withdrawal_reason,
        ],
    )


def _of_task(task: ReadingTask) -> list[object]:
    requested = task.requested_procedure
    order = requested.order
    return [
        task.priority,
        task.due_at,
        order.patient.display_name,
        requested.procedure.modality,
        requested.description,
        words.word(task.reading_group),
        words.patient_class(order.patient_class),
        order.current_location,
        order.accession_number,
        task.ready_at,
        order.reason,
        names.display(order.ordering_physician),
        task.assigned_to.display_name if task.assigned_to else "",
        words.word(task.status),
        task.claimed_by.display_name if task.claimed_by else "",
        task.read_at,
    ]


def _of_finding(finding: CriticalFinding) -> list[object]:
    requested = finding.requested_procedure
    return [
        finding.raised_at,
        finding.due_at,
        words.word(finding.category),
        requested.order.patient.display_name,
        requested.description,
        requested.order.accession_number,
        finding.content,
        finding.raised_by.display_name,
        finding.recipient,
    ]
