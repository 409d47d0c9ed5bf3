"""Pages of the proposals."""

from functools import partial

from flask import request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worklist.errors import DomainError
from worklist.language.text import _
from worklist.scheduling.replanning import queries
from worklist.scheduling.replanning.models import ProposalStatus, ReplanMove, ReplanProposal
from worklist.web.paging import Key, Page, Sorting, sorted_page

_MOVES = select(func.count()).where(ReplanMove.proposal_id == ReplanProposal.id).scalar_subquery()
_COLUMNS: dict[str, Key] = {
    "made": ReplanProposal.id,
    "until": ReplanProposal.ends_at,
    "moves": _MOVES,
    "state": ReplanProposal.status,
}
# How the proposals are sorted, as the address says it: else the newest first.
sorting = partial(Sorting.of, columns=_COLUMNS, unique=ReplanProposal.id, usual="-made")


def proposals(
    session: Session,
    by: Sorting,
    *,
    status: ProposalStatus | None = None,
    after: str = "",
    rows: int | None = None,
) -> Page[ReplanProposal]:
    """Return a page of the proposals with their moves, all of them or those of one status.

    Raises:
        DomainError: there is no such page.
    """
    statement = queries.proposals()
    if status is not None:
        statement = statement.where(ReplanProposal.status == status)
    return sorted_page(session, statement, by, after=after, rows=rows)


def asked_status() -> ProposalStatus | None:
    """Return the status that the address asks for, None for any.

    Raises:
        DomainError: there is no such status.
    """
    given = request.args.get("status", "")
    try:
        return ProposalStatus(given) if given else None
    except ValueError as error:
        known = ", ".join(ProposalStatus)
        raise DomainError(
            _("%(given)s is not a state: choose one of %(known)s.", given=repr(given), known=known)
        ) from error
