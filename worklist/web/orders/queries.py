"""The order inbox: pages of exams without a slot or still open, by keyset."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, case, exists, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders.models import (
    ExamHold,
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import FINAL, StepStatus
from worklist.rules.findings import Role
from worklist.vocabulary import Priority
from worklist.web.paging import BY_PATIENT, Key, Page, Sorting, sorted_page

_URGENCY = case({one: one.rank for one in Priority}, value=ImagingServiceRequest.priority)
_STATUSES = {
    "to-schedule": frozenset({StepStatus.UNSCHEDULED}),
    "held": frozenset({StepStatus.HELD}),
    "open": frozenset(StepStatus) - FINAL,
}


# What nobody wants at a time comes behind all that has one.
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_COLUMNS: dict[str, Key | tuple[Key, ...]] = {
    "priority": (_URGENCY, ImagingServiceRequest.ordered_at),
    "waits": ImagingServiceRequest.ordered_at,
    "patient": BY_PATIENT,
    "exam": RequestedProcedure.description,
    "from": (ImagingServiceRequest.patient_class, ImagingServiceRequest.current_location),
    "wanted": func.coalesce(ImagingServiceRequest.wanted_at, _NEVER),
    "status": (
        ScheduledProcedureStep.status,
        func.coalesce(ScheduledProcedureStep.starts_at, _NEVER),
    ),
}
# All that is open may be very many: it is sorted by what has an index over them all.
_COLUMNS_OF_OPEN: dict[str, Key] = {"waits": ScheduledProcedureStep.id}


class Tab(StrEnum):
    """Which exams the inbox shows."""

    TO_SCHEDULE = "to-schedule"
    HELD = "held"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the inbox is asked for; a page has ``rows`` behind ``after``.

    With ``asked`` it has the exams alone of which a question is open that this role answers.
    """

    tab: Tab
    modality: str = ""
    priority: str = ""
    asked: str = ""
    after: str = ""
    sort: str = ""
    rows: int | None = None

    @property
    def sorting(self) -> Sorting:
        """How the tab is sorted: else most urgent and longest waiting first, of all open newest.

        Raises:
            DomainError: there is no such column.
        """
        if self.tab is Tab.OPEN:
            return Sorting.of(self.sort, _COLUMNS_OF_OPEN, ScheduledProcedureStep.id, "-waits")
        return Sorting.of(self.sort, _COLUMNS, ScheduledProcedureStep.id)


def listed(wanted: Wanted) -> Select[ScheduledProcedureStep]:
    """Select the tab's exams with all that a row shows.

    Raises:
        DomainError: the priority or the column is not one that a page has given.
    """
    exam = ScheduledProcedureStep
    statement = _filtered(select(exam), wanted).options(
        contains_eager(exam.requested_procedure).contains_eager(RequestedProcedure.order),
        contains_eager(exam.requested_procedure).joinedload(RequestedProcedure.procedure),
        joinedload(exam.room),
        selectinload(exam.holds),
    )
    if wanted.sorting.name == "patient":
        return statement.join(exam.patient).options(contains_eager(exam.patient))
    return statement.options(joinedload(exam.patient))


def inbox(session: Session, wanted: Wanted) -> Page[ScheduledProcedureStep]:
    """Return a page of exams.

    Raises:
        DomainError: ``after``, the priority or the column is not one that a page has given.
    """
    return sorted_page(
        session, listed(wanted), wanted.sorting, after=wanted.after, rows=wanted.rows
    )


def counts(session: Session) -> dict[Tab, int]:
    """Return how many exams each tab has, without filters."""
    status = ScheduledProcedureStep.status
    statement = select(status, func.count()).where(status.in_(_STATUSES[Tab.OPEN])).group_by(status)
    found = session.execute(statement).all()
    return {tab: sum(number for one, number in found if one in _STATUSES[tab]) for tab in Tab}


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
    if wanted.asked:
        statement = statement.where(is_asked([_read_role(wanted.asked)]))
    return statement


def is_asked(roles: Iterable[str]) -> ColumnElement[bool]:
    """Return whether a question of an exam is open that one of these roles answers."""
    hold = ExamHold
    return exists().where(
        hold.exam_id == ScheduledProcedureStep.id, hold.resolved_at.is_(None), hold.role.in_(roles)
    )


def _read_priority(text: str) -> Priority:
    try:
        return Priority(text)
    except ValueError as error:
        known = ", ".join(Priority)
        raise DomainError(
            _("%(text)s is not a priority: choose one of %(known)s.", text=repr(text), known=known)
        ) from error


def _read_role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        known = ", ".join(Role)
        raise DomainError(
            _(
                "%(text)s answers no questions: choose one of %(known)s.",
                text=repr(text),
                known=known,
            )
        ) from error
