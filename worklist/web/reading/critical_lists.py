"""Pages of critical findings: those that somebody must be told of, and those closed lately."""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from worklist.reading.critical import queries
from worklist.reading.critical.models import CriticalFinding
from worklist.web.paging import Page, Sorting, paginate, sorted_page

_LOOK_BACK = timedelta(days=2)
_CLOSED = {"raised": CriticalFinding.raised_at, "category": CriticalFinding.category}


def open_page(
    session: Session, *, after: str = "", rows: int | None = None
) -> Page[CriticalFinding]:
    """Return a page of the findings that nobody has acknowledged, the one due first first.

    Raises:
        DomainError: there is no such page.
    """
    keys = (CriticalFinding.due_at, CriticalFinding.id)
    return paginate(session, queries.open_findings(), keys, after=after, rows=rows)


# How those closed are sorted, as the address says it: else the newest first.
closed_by = partial(Sorting.of, columns=_CLOSED, unique=CriticalFinding.id, usual="-raised")


def closed_page(
    session: Session, by: Sorting, *, now: datetime, after: str = "", rows: int | None = None
) -> Page[CriticalFinding]:
    """Return a page of those raised in the last two days that were acknowledged or withdrawn.

    Raises:
        DomainError: there is no such page.
    """
    statement = queries.closed_findings(since=now - _LOOK_BACK)
    return sorted_page(session, statement, by, after=after, rows=rows)
