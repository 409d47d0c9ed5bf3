"""``/orders``: what has to be scheduled, what waits for an answer, and everything open."""

from flask import render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.catalogue.procedures import Procedure
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.vocabulary import Priority
from worklist.web import context
from worklist.web.orders import queries
from worklist.web.orders.queries import Tab, Wanted
from worklist.web.permissions import require

_NAMES = {Tab.TO_SCHEDULE: _("To schedule"), Tab.HELD: _("Held"), Tab.OPEN: _("All open")}


@require(Permission.SEE_SCHEDULE)
def inbox() -> str:
    """Show one page of one tab; tab, filters, sorting and page are in the address."""
    wanted = Wanted(
        tab=_tab(request.args.get("tab", Tab.TO_SCHEDULE)),
        modality=request.args.get("modality", ""),
        priority=request.args.get("priority", ""),
        after=request.args.get("after", ""),
        sort=request.args.get("sort", ""),
    )
    with context.transaction() as session:
        context.site(session)
        return render_template(
            "orders/inbox.html",
            wanted=wanted,
            page=queries.inbox(session, wanted),
            tabs=[(tab, name, queries.count(session, tab)) for tab, name in _NAMES.items()],
            modalities=modalities_in_use(session),
            priorities=list(Priority),
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
