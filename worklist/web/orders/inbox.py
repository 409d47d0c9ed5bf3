"""``/orders``: what has to be scheduled, what waits for an answer, and everything open."""

from flask import Response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.catalogue.procedures import Procedure
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.rules.findings import Role
from worklist.vocabulary import Priority
from worklist.web import answers, context, open_lists
from worklist.web.orders import queries
from worklist.web.orders.queries import Tab, Wanted
from worklist.web.permissions import require

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
        if told := open_lists.told():
            changes = open_lists.changes(
                session,
                queries.listed(wanted),
                wanted.sorting,
                after=wanted.after,
                shown=told.rows.get("order", ()),
                news=told.news,
            )
            if not changes.is_whole:
                return open_lists.answer(
                    "orders/inbox_changes.html",
                    [changes],
                    is_recounted=told.mark != mark,
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
