"""When a resource changed last (R4 section 2.21, ``meta.lastUpdated``), and searching by it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from worklist.audit.models import AuditEvent
from worklist.fhir.dates import period, within
from worklist.fhir.parameters import Column, Condition, Parameter
from worklist.orders.models import ImagingServiceRequest


class Updated(Protocol):
    """How it is known of a kind's rows when they changed."""

    def of(self, session: Session, rows: Sequence[Any]) -> list[datetime | None]:
        """Return the time of each row."""

    def parameter(self) -> Parameter:
        """Return ``_lastUpdated``."""


@dataclass(frozen=True, slots=True)
class ByColumn:
    """A column has it."""

    column: Column

    def of(self, _session: Session, rows: Sequence[Any]) -> list[datetime | None]:
        """Return the time of each row."""
        return [getattr(row, self.column.key) for row in rows]

    def parameter(self) -> Parameter:
        """Return ``_lastUpdated``."""
        return Parameter("date", lambda value: within(self.column, *period(value)))


@dataclass(frozen=True, slots=True)
class ByOrder:
    """The trail of the order has it, of which each of these resources tells a part.

    So it is never too early, but may be later than the change that shows in one of them.
    """

    order_id: Column
    order_of: Callable[[Any], int]

    def of(self, session: Session, rows: Sequence[Any]) -> list[datetime | None]:
        """Return the time of each row: one statement for all."""
        order = ImagingServiceRequest
        last = (
            select(AuditEvent.occurred_at)
            .where(AuditEvent.order_id == order.id)
            .order_by(AuditEvent.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        ids = {self.order_of(row) for row in rows}
        statement = select(order.id, last).where(order.id.in_(ids))
        found = dict(session.execute(statement).all())
        return [found.get(self.order_of(row)) for row in rows]

    def parameter(self) -> Parameter:
        """Return ``_lastUpdated``: the newest event of the order lies within."""
        return Parameter("date", self._matches)

    def _matches(self, value: str) -> Condition:
        prefix, start, end = period(value)
        since_start, since_end = self._since(start), self._since(end)
        return {
            "eq": and_(since_start, ~since_end),
            "ne": or_(~since_start, since_end),
            "ge": since_start,
            "gt": since_end,
            "sa": since_end,
            "le": ~since_end,
            "lt": ~since_start,
            "eb": ~since_start,
        }[prefix]

    def _since(self, moment: datetime) -> Condition:
        return exists().where(
            AuditEvent.order_id == self.order_id, AuditEvent.occurred_at >= moment
        )
