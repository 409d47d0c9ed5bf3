"""Reads of the radiologists' pages."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from worklist.auth.models import User
from worklist.catalogue.models import Room, Site
from worklist.catalogue.procedures import Procedure
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import StepStatus
from worklist.patients.models import Patient
from worklist.performing.models import PerformedFor, PerformedProcedureStep
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.reading.selection import QUEUE_ORDER, WAITING, Selection, is_of, joined
from worklist.rules.findings import Role
from worklist.web.orders.queries import is_asked
from worklist.web.paging import BY_PATIENT, Key, Personal, Sorting

MOST_PRIORS = 30


class Tab(StrEnum):
    """A part of the queue."""

    READY = "ready"
    MINE = "mine"
    DICTATED = "dictated"
    PENDING = "pending"
    TODAY = "today"
    ALL = "all"


# What all tabs can be sorted by: each of the three has its index over every task there ever was.
_ALWAYS: dict[str, Key | tuple[Key, ...]] = {
    "priority": QUEUE_ORDER[:-1],
    "target": ReadingTask.due_at,
    "performed": ReadingTask.ready_at,
}
# What waits and what was read on one day are few enough to sort.
_OF_FEW: dict[str, Key | tuple[Key, ...]] = {
    **_ALWAYS,
    "patient": BY_PATIENT,
    "exam": (Procedure.modality, RequestedProcedure.description),
    "group": ReadingTask.reading_group,
    "from": (ImagingServiceRequest.patient_class, ImagingServiceRequest.current_location),
    "accession": Personal(ImagingServiceRequest.accession_number, ImagingServiceRequest.id),
    "physician": ImagingServiceRequest.ordering_physician,
}


def sorting(tab: Tab, given: str) -> Sorting:
    """Return how a tab is sorted, as the address says it.

    Else what waits is in the queue's order, and what was read newest first.

    Raises:
        DomainError: there is no such column.
    """
    if tab is Tab.ALL:
        return Sorting.of(given, _ALWAYS, ReadingTask.id, "-performed")
    if tab is Tab.TODAY:
        read: dict[str, Key | tuple[Key, ...]] = {"reading": ReadingTask.read_at}
        return Sorting.of(given, read | _OF_FEW, ReadingTask.id, "-reading")
    return Sorting.of(given, _OF_FEW, ReadingTask.id)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits: for anybody, for the reader, to be signed, for images, and too late."""

    ready: int
    mine: int
    dictated: int
    pending: int
    late: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What a list can be narrowed to."""

    modalities: list[str]
    groups: list[str]


def of_tab(tab: Tab, wanted: Selection, user: User, *, midnight: datetime) -> Select[ReadingTask]:
    """Select the tab's tasks; ``midnight`` is when the site's day began."""
    statement = _listed(wanted.narrow(joined()))
    if (part := _waiting_part(tab, user)) is not None:
        return statement.where(part)
    if tab is Tab.TODAY:
        return statement.where(ReadingTask.read_at >= midnight)
    return statement.where(ReadingTask.status != ReadingStatus.WITHDRAWN)


def tasks_of_exams(session: Session, exam_ids: Collection[int]) -> set[int]:
    """Return the numbers of the tasks in which these exams are read."""
    exam = ScheduledProcedureStep
    requested = select(exam.requested_procedure_id).where(exam.id.in_(exam_ids))
    statement = select(ReadingTask.id).where(ReadingTask.requested_procedure_id.in_(requested))
    return set(session.scalars(statement))


def several(session: Session, task_ids: Sequence[int]) -> Sequence[ReadingTask]:
    """Return these tasks in the queue's order."""
    statement = joined().where(ReadingTask.id.in_(task_ids)).order_by(*QUEUE_ORDER)
    return session.scalars(_listed(statement)).all()


def _listed(statement: Select[ReadingTask]) -> Select[ReadingTask]:
    """Return `joined` with all that a row of the list shows."""
    requested = contains_eager(ReadingTask.requested_procedure)
    return statement.join(ImagingServiceRequest.patient).options(
        joinedload(ReadingTask.claimed_by),
        joinedload(ReadingTask.assigned_to),
        requested.contains_eager(RequestedProcedure.procedure),
        requested.contains_eager(RequestedProcedure.order).contains_eager(
            ImagingServiceRequest.patient
        ),
    )


def counts(session: Session, user: User, *, now: datetime) -> Counts:
    """Count what waits."""
    waiting = ReadingTask.status.in_(WAITING)
    parts = [part for tab in Tab if (part := _waiting_part(tab, user)) is not None]
    parts.append(waiting & (ReadingTask.due_at < now))
    counted: list[ColumnElement[int]] = [func.count().filter(part) for part in parts]
    statement = select(*counted).where(waiting | (ReadingTask.status == ReadingStatus.PENDING))
    numbers: tuple[int, ...] = tuple(session.execute(statement).one())
    return Counts(*numbers)


def count_questions(session: Session, role: Role) -> int:
    """Return how many exams are held by a question that this role answers."""
    held = ScheduledProcedureStep.status == StepStatus.HELD
    return session.scalar(select(func.count()).where(held, is_asked([role]))) or 0


def _waiting_part(tab: Tab, user: User) -> ColumnElement[bool] | None:
    """Return what a tab has of all that waits; None for the tabs of what was read."""
    ready = ReadingTask.status == ReadingStatus.READY
    parts = {
        Tab.READY: ready & ReadingTask.dictated_at.is_(None),
        Tab.MINE: is_of(user),
        Tab.DICTATED: ready & ReadingTask.dictated_at.is_not(None),
        Tab.PENDING: ReadingTask.status == ReadingStatus.PENDING,
    }
    return parts.get(tab)


def choices(session: Session) -> Choices:
    """Return the modalities and reading groups of the catalogue."""
    pairs = session.execute(
        select(Procedure.modality, Procedure.reading_group).where(Procedure.active).distinct()
    ).all()
    return Choices(sorted({one for one, _ in pairs}), sorted({one for _, one in pairs}))


def case(session: Session, task_id: int) -> ReadingTask:
    """Return a task with all that its page shows of the order and the exams.

    Raises:
        NotFoundError: there is no such task.
    """
    requested = selectinload(ReadingTask.requested_procedure)
    order = requested.joinedload(RequestedProcedure.order)
    task = session.scalar(
        select(ReadingTask)
        .where(ReadingTask.id == task_id)
        .options(
            joinedload(ReadingTask.claimed_by),
            joinedload(ReadingTask.assigned_to),
            joinedload(ReadingTask.pending_by),
            requested.joinedload(RequestedProcedure.procedure),
            requested.selectinload(RequestedProcedure.steps)
            .joinedload(ScheduledProcedureStep.room)
            .joinedload(Room.resource),
            order.joinedload(ImagingServiceRequest.patient).selectinload(Patient.identifiers),
        )
    )
    if task is None:
        raise NotFoundError(_("There is no reading task %(task_id)s.", task_id=task_id))
    return task


def performed_steps(session: Session, task: ReadingTask) -> Sequence[PerformedProcedureStep]:
    """Return what the scanners did for the task's exams, in the order they began."""
    exam_ids = [step.id for step in task.requested_procedure.steps]
    return session.scalars(
        select(PerformedProcedureStep)
        .where(
            PerformedProcedureStep.id.in_(
                select(PerformedFor.performed_id).where(PerformedFor.exam_id.in_(exam_ids))
            )
        )
        .order_by(PerformedProcedureStep.started_at, PerformedProcedureStep.id)
    ).all()


def priors(session: Session, task: ReadingTask) -> Sequence[ScheduledProcedureStep]:
    """Return the patient's exams completed under other procedures, newest first, at most 30."""
    return session.scalars(_priors(task)).unique().all()


def viewers(session: Session) -> dict[int, str]:
    """Return each site's template of its viewer's address."""
    return dict(session.execute(select(Site.id, Site.viewer_url)).all())


def _priors(task: ReadingTask) -> Select[ScheduledProcedureStep]:
    exam = ScheduledProcedureStep
    requested = joinedload(exam.requested_procedure)
    return (
        select(exam)
        .where(
            exam.patient_id == task.requested_procedure.order.patient_id,
            exam.requested_procedure_id != task.requested_procedure_id,
            exam.status == StepStatus.COMPLETED,
        )
        .options(
            requested.joinedload(RequestedProcedure.order),
            requested.joinedload(RequestedProcedure.procedure),
            joinedload(exam.room).joinedload(Room.resource),
        )
        .order_by(exam.ended_at.desc(), exam.id.desc())
        .limit(MOST_PRIORS)
    )
