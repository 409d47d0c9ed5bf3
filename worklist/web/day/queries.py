"""What the day board shows: one query for the exams, however many there are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from worklist.catalogue.models import Block, Closure, OpeningHours, Resource, Room
from worklist.catalogue.procedures import Procedure
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import UNPLACED, StepStatus
from worklist.patients.models import Patient
from worklist.scheduling.availability import as_range
from worklist.scheduling.intervals import Interval, WeeklyHours, opening_intervals
from worklist.vocabulary import Contrast, PatientClass, Priority

TRAY_MOST = 60
# No exam stays longer in a room: those of the evening before are looked at with the day's.
_LONGEST_STAY = timedelta(days=1)
_NOT_SHOWN = (StepStatus.CANCELED, StepStatus.NO_SHOW)


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


def exams_of_day(session: Session, site_id: int, day: Interval) -> Sequence[BoardExam]:
    """Return the exams in the site's rooms that have a place on the day, by start."""
    exam = ScheduledProcedureStep
    statement = (
        _cards()
        .join(Resource, Resource.id == exam.room_id)
        .where(
            Resource.site_id == site_id,
            exam.starts_at < day.end,
            exam.starts_at > day.start - _LONGEST_STAY,
            exam.ends_at > day.start,
            exam.status.not_in(_NOT_SHOWN),
        )
        .order_by(exam.starts_at, exam.id)
    )
    return [BoardExam(*row) for row in session.execute(statement)]


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


def rooms_of_day(session: Session, site_id: int, day: Interval) -> list[BoardRoom]:
    """Return the site's rooms in use with their hours, closures and blocks on the day."""
    rooms = session.scalars(
        select(Room)
        .join(Room.resource)
        .where(Resource.site_id == site_id, Resource.active)
        .options(joinedload(Room.resource, Resource.site))
        .order_by(Room.display_order, Resource.code)
    ).all()
    ids = [room.id for room in rooms]
    hours: dict[int, list[WeeklyHours]] = defaultdict(list)
    for line in session.scalars(select(OpeningHours).where(OpeningHours.resource_id.in_(ids))):
        hours[line.resource_id].append(
            WeeklyHours(line.weekday, line.opens, line.closes, line.valid_from, line.valid_until)
        )
    shades = _shades(session, ids, day)
    return [
        BoardRoom(
            room,
            opening_intervals(hours[room.id], ZoneInfo(room.resource.site.time_zone), day),
            shades[room.id],
        )
        for room in rooms
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
        *more,
    ]
    return (
        select(*columns)
        .join(Patient, Patient.id == exam.patient_id)
        .join(RequestedProcedure, RequestedProcedure.id == exam.requested_procedure_id)
        .join(order, order.id == RequestedProcedure.order_id)
        .join(Procedure, Procedure.id == RequestedProcedure.procedure_id)
    )


def _shades(session: Session, ids: Sequence[int], day: Interval) -> dict[int, list[Shade]]:
    result: dict[int, list[Shade]] = defaultdict(list)
    during = as_range(day)
    closures = session.execute(
        select(Closure.resource_id, Closure.during, Closure.reason).where(
            Closure.resource_id.in_(ids), Closure.during.overlaps(during)
        )
    )
    blocks = session.execute(
        select(Block.resource_id, Block.during, Block.purpose).where(
            Block.resource_id.in_(ids), Block.during.overlaps(during)
        )
    )
    for kind, rows in (("block", blocks), ("closure", closures)):
        for resource_id, stretch, text in rows:
            clipped = Interval(
                max(stretch.lower or day.start, day.start), min(stretch.upper or day.end, day.end)
            )
            result[resource_id].append(Shade(clipped, kind, text))
    return result
