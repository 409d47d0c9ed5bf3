"""The audit trail for programs."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.web.api.fields import After, ListQuery, Moment, Output, Page, RowId, SortedBy
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.trail import queries

api = Operations("Audit trail", "Who did what to which patient, order or exam, and when.")


class AuditQuery(ListQuery):
    """Which events; the newest come first.

    ``who`` is an account's name, or an actor as the trail writes it (``station:CT01``); ``what``
    an action (``exam.moved``); the time is from ``since`` on, up to but without ``before``.
    ``sort`` is when, who or what, with ``-`` backwards.
    """

    who: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    what: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    patient_id: RowId | None = None
    order_id: RowId | None = None
    exam_id: RowId | None = None
    since: Moment | None = None
    before: Moment | None = None
    sort: SortedBy = ""
    after: After = ""


class AuditEntry(Output):
    """Something that happened, by whom, to what."""

    id: int
    occurred_at: datetime
    actor: str
    action: str
    patient_id: int | None
    order_id: int | None
    exam_id: int | None
    detail: dict[str, Any]


@api.get("/audit", Permission.ADMINISTER, twins="trail.overview")
def list_audit(session: Session, query: AuditQuery) -> Page[AuditEntry]:
    """List the audit trail, narrowed to who, what, which object and when."""
    wanted = queries.WantedEvents(**query.model_dump(exclude={"after", "limit", "sort"}))
    sorting = queries.events_by(query.sort)
    found = queries.events(session, wanted, sorting, after=query.after, rows=query.limit)
    items = [AuditEntry.model_validate(one) for one in found.rows]
    return Page(items=items, next=page_after(found.after))
