"""The order inbox: pages of exams without a slot or still open, by keyset."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, case, func, select, tuple_
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import FINAL, StepStatus
from worklist.vocabulary import Priority
from worklist.web.paging import Page

PAGE = 50
_LONGEST_ID = 18  # digits that surely fit a bigint

_URGENCY = case({one: one.rank for one in Priority}, value=ImagingServiceRequest.priority)
_STATUSES = {
    "to-schedule": frozenset({StepStatus.UNSCHEDULED}),
    "held": frozenset({StepStatus.HELD}),
    "open": frozenset(StepStatus) - FINAL,
}


class Tab(StrEnum):
    """Which exams the inbox shows."""

    TO_SCHEDULE = "to-schedule"
    HELD = "held"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the inbox is asked for; ``after`` is where the page before it ended."""

    tab: Tab
    modality: str = ""
    priority: str = ""
    after: str = ""


def inbox(session: Session, wanted: Wanted) -> Page[ScheduledProcedureStep]:
    """Return a page of exams: most urgent and longest waiting first, of all open the newest first.

    Raises:
        DomainError: ``after`` or the priority is not one that a page has given.
    """
    exam, order = ScheduledProcedureStep, ImagingServiceRequest
    statement = (
        _filtered(select(exam), wanted)
        .options(
            contains_eager(exam.requested_procedure).contains_eager(RequestedProcedure.order),
            contains_eager(exam.requested_procedure).joinedload(RequestedProcedure.procedure),
            joinedload(exam.patient),
            joinedload(exam.room),
            selectinload(exam.holds),
        )
        .limit(PAGE + 1)
    )
    if wanted.tab is Tab.OPEN:
        if wanted.after:
            statement = statement.where(exam.id < _read_id(wanted.after))
        statement = statement.order_by(exam.id.desc())
    else:
        if wanted.after:
            statement = statement.where(
                tuple_(_URGENCY, order.ordered_at, exam.id) > _read_place(wanted.after)
            )
        statement = statement.order_by(_URGENCY, order.ordered_at, exam.id)
    found = session.scalars(statement).unique().all()
    is_last = len(found) <= PAGE
    return Page(found[:PAGE], None if is_last else _place(wanted.tab, found[PAGE - 1]))


def count(session: Session, tab: Tab) -> int:
    """Return how many exams a tab has, without filters."""
    return (
        session.scalar(
            select(func.count()).where(ScheduledProcedureStep.status.in_(_STATUSES[tab]))
        )
        or 0
    )


def _filtered(
    statement: Select[ScheduledProcedureStep], wanted: Wanted
) -> Select[ScheduledProcedureStep]:
    exam, order = ScheduledProcedureStep, ImagingServiceRequest
    statement = (
        statement.join(exam.requested_procedure)
        .join(RequestedProcedure.order)
        .where(exam.status.in_(_STATUSES[wanted.tab]))
    )
    if wanted.modality:
        statement = statement.where(exam.modality == wanted.modality)
    if wanted.priority:
        statement = statement.where(order.priority == _read_priority(wanted.priority))
    return statement


def _place(tab: Tab, exam: ScheduledProcedureStep) -> str:
    if tab is Tab.OPEN:
        return str(exam.id)
    order = exam.order
    return f"{order.priority.rank}~{order.ordered_at.isoformat()}~{exam.id}"


def _read_id(text: str) -> int:
    if not text.isdigit() or len(text) > _LONGEST_ID:
        raise _no_page()
    return int(text)


def _read_place(text: str) -> tuple[int, datetime, int]:
    try:
        rank, ordered_at, exam_id = text.split("~")
        return (
            list(Priority)[int(rank)].rank,
            datetime.fromisoformat(ordered_at),
            _read_id(exam_id),
        )
    except (ValueError, IndexError) as error:
        raise _no_page() from error


def _no_page() -> DomainError:
    return DomainError(_("This page of the inbox is not there: start at the first one."))


def _read_priority(text: str) -> Priority:
    try:
        return Priority(text)
    except ValueError as error:
        known = ", ".join(Priority)
        raise DomainError(
            _("%(text)s is no priority: choose one of %(known)s.", text=repr(text), known=known)
        ) from error
