"""What the day board shows: one query for the exams, however many there are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from worklist.catalogue.models import Resource, Room
from worklist.catalogue.procedures import Procedure
from worklist.catalogue.rooms import rooms_in_use
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import UNPLACED, WITH_SLOT, StepStatus
from worklist.patients.models import Patient
from worklist.scheduling.availability import Availability, Cause, ResourceCalendar
from worklist.scheduling.intervals import Interval
from worklist.scheduling.models import ExamDelay
from worklist.vocabulary import Contrast, PatientClass, Priority

TRAY_MOST = 60
# No exam stays longer in a room: those of the evening before are looked at with the day's.
LONGEST_STAY = timedelta(days=1)
_LONGEST_RELEASE = timedelta(days=366)
_SHADES = {Cause.BLOCKED: "block", Cause.HOLIDAY: "holiday", Cause.CLOSED: "closure"}
NOT_SHOWN = (StepStatus.CANCELED, StepStatus.NO_SHOW)


class BoardExam(NamedTuple):
    """One exam as a card shows it."""

    id: int
    version: int
    status: StepStatus
    status_reason: str
    room_id: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    description: str
    modality: str
    patient_name: str
    sex: str | None
    birth_date: date | None
    priority: Priority
    patient_class: PatientClass
    location: str
    ordered_at: datetime
    wanted_at: datetime | None
    contrast: Contrast
    expected_at: datetime | None


class Shade(NamedTuple):
    """A stretch in which a room cannot be used by everybody: which kind, and what it is for."""

    during: Interval
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class BoardRoom:
    """One column: the room, when it is open, and what lies over its hours."""

    room: Room
    opening: Sequence[Interval]
    shades: Sequence[Shade]


def exams_of_day(session: Session, room_ids: Collection[int], day: Interval) -> Sequence[BoardExam]:
    """Return the exams in these rooms that have a place on the day, by start."""
    exam = ScheduledProcedureStep
    statement = _cards().where(*_on_board(room_ids, day)).order_by(exam.starts_at, exam.id)
    return [BoardExam(*row) for row in session.execute(statement)]


def _on_board(room_ids: Collection[int], day: Interval) -> list[ColumnElement[bool]]:
    exam = ScheduledProcedureStep
    return [
        exam.room_id.in_(room_ids),
        exam.starts_at < day.end,
        exam.starts_at > day.start - LONGEST_STAY,
        exam.ends_at > day.start,
        exam.status.not_in(NOT_SHOWN),
    ]


def is_on_board(
    status: StepStatus, starts_at: datetime | None, ends_at: datetime | None, day: Interval
) -> bool:
    """Return whether an exam of this status and slot has a card in its room's column on the day."""
    if starts_at is None or ends_at is None or status in NOT_SHOWN:
        return False
    return starts_at < day.end and starts_at > day.start - LONGEST_STAY and ends_at > day.start


def count_of_day(
    session: Session, room_ids: Collection[int], day: Interval, shown: Interval
) -> tuple[int, int, int]:
    """Return how many exams these rooms have: on the day, before and after what is shown of it."""
    exam = ScheduledProcedureStep
    statement = select(
        func.count(),
        func.count().filter(exam.ends_at <= shown.start),
        func.count().filter(exam.starts_at >= shown.end),
    ).where(*_on_board(room_ids, day))
    whole, before, after = session.execute(statement).one()
    return whole, before, after


def tray(session: Session, modality: str | None) -> tuple[Sequence[BoardExam], int]:
    """Return the exams without a slot, most urgent and oldest first, and how many there are."""
    exam, order = ScheduledProcedureStep, ImagingServiceRequest
    urgency = case({one: one.rank for one in Priority}, value=order.priority)
    statement = _cards(func.count().over()).where(exam.status.in_(UNPLACED))
    if modality:
        statement = statement.where(exam.modality == modality)
    rows = session.execute(
        statement.order_by(urgency, order.ordered_at, exam.id).limit(TRAY_MOST)
    ).all()
    return [BoardExam(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def rooms_of_day(
    session: Session, site_id: int, day: Interval, only: Collection[int] | None = None
) -> list[BoardRoom]:
    """Return the site's rooms in use with their hours, holidays, closures and blocks on the day.

    ``only`` names some of them by their ids.
    """
    statement = rooms_in_use().where(Resource.site_id == site_id)
    if only is not None:
        statement = statement.where(Room.id.in_(only))
    rooms = session.scalars(statement).all()
    calendars = calendars_within(session, [room.id for room in rooms], day)
    return [
        BoardRoom(room, calendars[room.id].opening, shades(calendars[room.id], day))
        for room in rooms
    ]


def calendars_within(
    session: Session, resource_ids: Sequence[int], window: Interval
) -> dict[int, ResourceCalendar]:
    """Return hours and what lies over them, blocks that are released by now among them."""
    return (
        Availability(
            session,
            resource_ids,
            patient_id=0,
            now=window.start - _LONGEST_RELEASE,
            purposes=frozenset(),
            ignored=(),
        )
        .within(window)
        .resources
    )


def shades(calendar: ResourceCalendar, window: Interval) -> list[Shade]:
    """Return the parts of blocks, holidays and closures in the window; closures lie on top."""
    return [
        Shade(
            Interval(max(one.during.start, window.start), min(one.during.end, window.end)),
            _SHADES[one.cause],
            one.text,
        )
        for cause in _SHADES
        for one in calendar.taken
        if one.cause is cause and one.during.overlaps(window)
    ]


def _cards(*more: ColumnElement[Any]) -> Select[Any]:
    exam, order = ScheduledProcedureStep, ImagingServiceRequest
    columns: list[ColumnElement[Any] | InstrumentedAttribute[Any]] = [
        exam.id,
        exam.version,
        exam.status,
        exam.status_reason,
        exam.room_id,
        exam.starts_at,
        exam.ends_at,
        exam.description,
        exam.modality,
        Patient.name,
        Patient.sex,
        Patient.birth_date,
        order.priority,
        order.patient_class,
        order.current_location,
        order.ordered_at,
        order.wanted_at,
        Procedure.contrast,
        case((exam.status.in_(WITH_SLOT), ExamDelay.expected_at)),
        *more,
    ]
    return (
        select(*columns)
        .join(Patient, Patient.id == exam.patient_id)
        .join(RequestedProcedure, RequestedProcedure.id == exam.requested_procedure_id)
        .join(order, order.id == RequestedProcedure.order_id)
        .join(Procedure, Procedure.id == RequestedProcedure.procedure_id)
        .outerjoin(ExamDelay, ExamDelay.exam_id == exam.id)
    )
