"""The day's arrivals of a site: pages of those awaited and of those who are here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from flask import request
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from worklist.catalogue.models import Resource, Room
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import WITH_SLOT, StepStatus
from worklist.patients.models import Patient
from worklist.scheduling.intervals import Interval
from worklist.web.paging import BY_PATIENT, Key, Page, Sorting, sorted_page
from worklist.web.rooms.lanes import MISSING_AFTER

Statement = TypeVar("Statement", bound=Select[*tuple[Any, ...]])
_COLUMNS: dict[str, Key] = {
    "time": ScheduledProcedureStep.starts_at,
    "patient": BY_PATIENT,
    "exam": RequestedProcedure.description,
    "room": Resource.code,
}
_COLUMNS_OF_HERE = _COLUMNS | {
    "waits": func.coalesce(ScheduledProcedureStep.arrived_at, ScheduledProcedureStep.starts_at)
}
# How those awaited are sorted, as the address says it: else by time.
awaited_by = partial(Sorting.of, columns=_COLUMNS, unique=ScheduledProcedureStep.id)
# How those who are here are sorted, as the address says it: else by time.
here_by = partial(Sorting.of, columns=_COLUMNS_OF_HERE, unique=ScheduledProcedureStep.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whose arrivals are asked for, and how those awaited and those here are sorted.

    ``after`` and ``here_after`` are where the pages before end.
    """

    site_id: int
    day: Interval
    modality: str = ""
    room: str = ""
    after: str = ""
    here_after: str = ""
    awaited_by: Sorting = field(default_factory=lambda: awaited_by(""))
    here_by: Sorting = field(default_factory=lambda: here_by(""))
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Exams: a page of those awaited and one of those ``here``, and how many there are.

    ``missing`` is who has not come for more than ten minutes, ``late`` who has not come yet.
    """

    awaited: Page[ScheduledProcedureStep]
    here: Page[ScheduledProcedureStep]
    missing: int
    late: int
    expected: int
    present: int

    @property
    def ids(self) -> set[int]:
        """The numbers of all exams of the two pages."""
        return {one.id for one in (*self.awaited.rows, *self.here.rows)}


def asked(site_id: int, day: Interval) -> Wanted:
    """Return what the address asks for.

    Raises:
        DomainError: one of the lists has no such column.
    """
    given = request.args.get
    return Wanted(
        site_id=site_id,
        day=day,
        modality=given("modality", ""),
        room=given("room", ""),
        after=given("after", ""),
        here_after=given("here", ""),
        awaited_by=awaited_by(given("sort", "")),
        here_by=here_by(given("here-sort", "")),
    )


def arrivals(session: Session, wanted: Wanted, *, now: datetime) -> Arrivals:
    """Return the exams of the day that have a slot and have not begun.

    Raises:
        DomainError: there is no such page.
    """
    exam = ScheduledProcedureStep
    statement = _of_day(select(exam), wanted).options(
        contains_eager(exam.room).contains_eager(Room.resource),
        contains_eager(exam.requested_procedure).joinedload(RequestedProcedure.order),
        contains_eager(exam.patient),
    )
    statement = statement.join(exam.requested_procedure).join(exam.patient)
    is_awaited = exam.status == StepStatus.SCHEDULED
    awaited = sorted_page(
        session,
        statement.where(is_awaited),
        wanted.awaited_by,
        after=wanted.after,
        rows=wanted.rows,
    )
    here = sorted_page(
        session,
        statement.where(~is_awaited),
        wanted.here_by,
        after=wanted.here_after,
        rows=wanted.rows,
    )
    is_missing, is_due = exam.starts_at <= now - MISSING_AFTER, exam.starts_at <= now
    numbers = select(
        func.count().filter(is_awaited & is_missing),
        func.count().filter(is_awaited & is_due & ~is_missing),
        func.count().filter(is_awaited & ~is_due),
        func.count().filter(~is_awaited),
    ).select_from(exam)
    missing, late, expected, present = session.execute(_of_day(numbers, wanted)).one()
    return Arrivals(awaited, here, missing, late, expected, present)


def belongs_to_day(wanted: Wanted) -> ColumnElement[bool]:
    """Return the condition of exams that this day's arrivals are about, before they are chosen."""
    exam = ScheduledProcedureStep
    rooms = select(Resource.id).where(Resource.site_id == wanted.site_id)
    day = wanted.day
    return exam.room_id.in_(rooms) & exam.starts_at.between(day.start, day.end)


def lateness(exam: ScheduledProcedureStep, now: datetime) -> str:
    """Return whether a patient who has not come is ``missing``, ``late`` or still ``expected``."""
    if exam.starts_at is None or exam.starts_at > now:
        return "expected"
    return "missing" if exam.starts_at <= now - MISSING_AFTER else "late"


def _of_day(statement: Statement, wanted: Wanted) -> Statement:
    exam = ScheduledProcedureStep
    statement = (
        statement.join(exam.room)
        .join(Room.resource)
        .where(
            Resource.site_id == wanted.site_id,
            exam.starts_at >= wanted.day.start,
            exam.starts_at < wanted.day.end,
            exam.status.in_(WITH_SLOT),
        )
    )
    if wanted.modality:
        statement = statement.where(exam.modality == wanted.modality)
    if wanted.room:
        statement = statement.where(Resource.code == wanted.room)
    return statement


def with_others_of_the_day(
    session: Session, exam_id: int, day: Interval
) -> tuple[ScheduledProcedureStep, Sequence[ScheduledProcedureStep]]:
    """Return the exam and what else its patient is expected for on that day.

    Raises:
        NotFoundError: there is no such exam.
    """
    step = ScheduledProcedureStep
    exam = session.scalar(
        select(step)
        .where(step.id == exam_id)
        .options(joinedload(step.patient).selectinload(Patient.identifiers))
    )
    if exam is None:
        raise NotFoundError(_("There is no exam %(exam_id)s.", exam_id=exam_id))
    others = session.scalars(
        select(step)
        .where(
            step.patient_id == exam.patient_id,
            step.id != exam.id,
            step.status == StepStatus.SCHEDULED,
            step.starts_at >= day.start,
            step.starts_at < day.end,
        )
        .options(selectinload(step.room))
        .order_by(step.starts_at)
    ).all()
    return exam, others
