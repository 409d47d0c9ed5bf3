"""Reads of critical findings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from worklist.orders.models import ImagingServiceRequest, RequestedProcedure
from worklist.reading.critical.models import CriticalFinding

_Finding = CriticalFinding
IS_OPEN = _Finding.acknowledged_at.is_(None) & _Finding.withdrawn_at.is_(None)


@dataclass(frozen=True, slots=True)
class OpenFindings:
    """How many nobody has acknowledged, and how many of these too long."""

    open: int
    late: int


def of_procedure(session: Session, requested_procedure_id: int) -> Sequence[CriticalFinding]:
    """Return a procedure's findings in the order in which they were raised."""
    return session.scalars(
        select(_Finding)
        .where(_Finding.requested_procedure_id == requested_procedure_id)
        .options(joinedload(_Finding.raised_by), joinedload(_Finding.closed_by))
        .order_by(_Finding.id)
    ).all()


def open_findings() -> Select[CriticalFinding]:
    """Return the statement of the findings that nobody has acknowledged."""
    return _with_patient().where(IS_OPEN)


def closed_findings(*, since: datetime) -> Select[CriticalFinding]:
    """Return the statement of those acknowledged or withdrawn that were raised since a moment."""
    return _with_patient().where(~IS_OPEN, _Finding.raised_at >= since)


def count_open(session: Session, *, now: datetime) -> OpenFindings:
    """Count those that are open."""
    late = func.count().filter(_Finding.due_at <= now)
    return OpenFindings(*session.execute(select(func.count(), late).where(IS_OPEN)).one())


def _with_patient() -> Select[CriticalFinding]:
    requested = joinedload(_Finding.requested_procedure)
    return select(_Finding).options(
        joinedload(_Finding.raised_by),
        joinedload(_Finding.closed_by),
        requested.joinedload(RequestedProcedure.procedure),
        requested.joinedload(RequestedProcedure.order).joinedload(ImagingServiceRequest.patient),
    )
