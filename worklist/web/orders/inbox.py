"""``/orders``: what has to be scheduled, what waits for an answer, and everything open."""

from dataclasses import replace

from flask import Response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.catalogue.procedures import Procedure
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.rules.findings import Role
from worklist.vocabulary import Priority
from worklist.web import answers, context, open_lists, words
from worklist.web.language import tell
from worklist.web.orders import queries
from worklist.web.orders.queries import Tab, Wanted
from worklist.web.paging import Page
from worklist.web.permissions import require
from worklist.web.spreadsheet import list_as_file

_NAMES = {Tab.TO_SCHEDULE: _("To schedule"), Tab.HELD: _("Held"), Tab.OPEN: _("All open")}


@require(Permission.SEE_SCHEDULE)
def inbox() -> Response | str:
    """Show one page of one tab, or what news changes of it.

    Tab, filters, sorting and page are in the address.
    """
    wanted = _wanted()
    with context.transaction() as session:
        context.site(session)
        counts = queries.counts(session)
        tabs = [(tab, _NAMES[tab], counts[tab]) for tab in Tab]
        mark = open_lists.mark(*counts.values())
        if seen := open_lists.seen():
            changes = open_lists.changes(
                session,
                queries.listed(wanted),
                wanted.sorting,
                after=wanted.after,
                shown=seen.rows.get("order", ()),
                news=seen.news,
            )
            if not changes.is_whole:
                return open_lists.answer(
                    "orders/inbox_changes.html",
                    [changes],
                    is_recounted=seen.mark != mark,
                    wanted=wanted,
                    tabs=tabs,
                    mark=mark,
                )
        return render_template(
            "orders/inbox_list.html" if answers.is_htmx() else "orders/inbox.html",
            wanted=wanted,
            page=queries.inbox(session, wanted),
            tabs=tabs,
            mark=mark,
            modalities=modalities_in_use(session),
            priorities=list(Priority),
            roles=list(Role),
        )


@require(Permission.SEE_SCHEDULE)
def as_file() -> Response:
    """Return a tab of the inbox, all pages of it, as it is filtered and sorted."""
    wanted = _wanted()

    def pages(session: Session, *, after: str, rows: int) -> Page[ScheduledProcedureStep]:
        return queries.inbox(session, replace(wanted, after=after, rows=rows))

    heading = (
        _("Priority"), _("Ordered"), _("Patient"), _("Born"), _("Modality"), _("Exam"), _("Why"),
        _("Question"), _("Comes from"), _("Location"), _("Wanted"), _("Status"), _("Room"),
        _("Time"), _("Accession"),
    )  # fmt: skip
    return list_as_file("orders", heading, pages, _cells)


def _cells(exam: ScheduledProcedureStep) -> list[object]:
    order = exam.order
    return [
        order.priority,
        order.ordered_at,
        exam.patient.display_name,
        exam.patient.birth_date,
        exam.modality,
        exam.description,
        order.reason,
        " ".join(tell(one.question) for one in exam.open_holds) or tell(exam.status_reason),
        words.patient_class(order.patient_class),
        order.current_location,
        order.wanted_at,
        words.status(exam.status),
        exam.room.code if exam.room else "",
        exam.starts_at,
        order.accession_number,
    ]


def _wanted() -> Wanted:
    given = request.args
    return Wanted(
        tab=_tab(given.get("tab", Tab.TO_SCHEDULE)),
        modality=given.get("modality", ""),
        priority=given.get("priority", ""),
        asked=given.get("asked", ""),
        after=given.get("after", ""),
        sort=given.get("sort", ""),
    )


def _tab(text: str) -> Tab:
    try:
        return Tab(text)
    except ValueError as error:
        raise DomainError(_("The inbox has no part %(text)s.", text=repr(text))) from error


def modalities_in_use(session: Session) -> list[str]:
    """Return the modalities of which the catalogue has procedures."""
    statement = select(Procedure.modality).where(Procedure.active).distinct()
    return sorted(session.scalars(statement))
