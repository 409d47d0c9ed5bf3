"""The audit trail, narrowed to who, what, which object and when; every narrowing has its index."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from worklist.audit.models import AuditEvent
from worklist.patients.models import Patient
from worklist.web.distinct import distinct_values
from worklist.web.paging import Key, Page, Sorting, sorted_page

_COLUMNS: dict[str, Key | tuple[Key, ...]] = {
    "when": AuditEvent.occurred_at,
    "who": (AuditEvent.actor, AuditEvent.occurred_at),
    "what": (AuditEvent.action, AuditEvent.occurred_at),
}
# How the trail is sorted, as the address says it: else the newest first.
events_by = partial(Sorting.of, columns=_COLUMNS, unique=AuditEvent.id, usual="-when")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedEvents:
    """Which events.

    ``who`` is an account's name, or an actor as the trail writes it (``station:CT01``); ``what``
    an action (``exam.moved``). The time is from ``since`` on, up to but without ``before``.
    """

    who: str = ""
    what: str = ""
    patient_id: int | None = None
    order_id: int | None = None
    exam_id: int | None = None
    since: datetime | None = None
    before: datetime | None = None

    def select(self) -> Select[AuditEvent]:
        """Return the statement of these events."""
        event = AuditEvent
        actor = self.who if ":" in self.who else f"user:{self.who.lower()}"
        conditions = (
            event.actor == actor if self.who else None,
            event.action == self.what if self.what else None,
            None if self.patient_id is None else event.patient_id == self.patient_id,
            None if self.order_id is None else event.order_id == self.order_id,
            None if self.exam_id is None else event.exam_id == self.exam_id,
            None if self.since is None else event.occurred_at >= self.since,
            None if self.before is None else event.occurred_at < self.before,
        )
        return select(event).where(*(one for one in conditions if one is not None))


def events(
    session: Session,
    wanted: WantedEvents,
    sorting: Sorting,
    *,
    after: str = "",
    rows: int | None = None,
) -> Page[AuditEvent]:
    """Return a page of the trail.

    Raises:
        DomainError: there is no such page.
    """
    return sorted_page(session, wanted.select(), sorting, after=after, rows=rows)


def actions(session: Session) -> Sequence[str]:
    """Return what was ever done, in alphabetical order."""
    return distinct_values(session, AuditEvent.action)


def patient_names(session: Session, found: Iterable[AuditEvent]) -> dict[int, str]:
    """Return the names of the patients of these events, by their rows."""
    numbers = {one.patient_id for one in found if one.patient_id is not None}
    rows = session.execute(select(Patient.id, Patient.name).where(Patient.id.in_(numbers)))
    return {row.id: row.name for row in rows}
