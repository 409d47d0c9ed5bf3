"""Figures of a site over a stretch of days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, literal, or_, select
from sqlalchemy.orm import Session, joinedload

from worklist.catalogue.models import Resource, ResourceKind, Room, Site
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import UNDER_WAY, WITH_SLOT, StepStatus
from worklist.scheduling.availability import Availability
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.vocabulary import Priority
from worklist.web.statistics.chosen import within

# A stretch that most exams fit into: what "available" means for the third next one.
_USUAL_STAY = timedelta(minutes=30)
_LOOK_AHEAD = timedelta(days=30)
_OCCUPYING = WITH_SLOT | UNDER_WAY | {StepStatus.COMPLETED, StepStatus.DISCONTINUED}


@dataclass(frozen=True, slots=True)
class Utilisation:
    """A room's time: minutes open, minutes with exams, and how many exams those were."""

    code: str
    name: str
    open_minutes: int
    used_minutes: int
    exams: int

    @property
    def share(self) -> float | None:
        """Used of open, above 1 where exams ran outside opening hours; None while closed."""
        return self.used_minutes / self.open_minutes if self.open_minutes else None


@dataclass(frozen=True, slots=True)
class Waiting:
    """From order to start, of the exams of one priority that were completed in the period."""

    priority: Priority
    exams: int
    median: timedelta
    ninth_decile: timedelta
    within_target: float
    target: timedelta


@dataclass(frozen=True, slots=True)
class Attendance:
    """Of a modality: exams done, patients who did not come, and cancelled exams."""

    modality: str
    done: int
    no_shows: int
    cancelled: int

    @property
    def no_show_rate(self) -> float | None:
        """Of those who should have come; None where nobody should have."""
        expected = self.done + self.no_shows
        return self.no_shows / expected if expected else None


@dataclass(frozen=True, slots=True)
class NextAvailable:
    """When a room could take its third next patient, the usual measure of access."""

    code: str
    name: str
    third: datetime | None


def utilisation(session: Session, site: Site, period: Interval, now: datetime) -> list[Utilisation]:
    """Return every room in use, in the order of the day board.

    An exam under way counts until ``now``, one that is still to begin as it is booked.
    """
    rooms = _rooms(session, site)
    calendars = _calendars(session, rooms, period, now)
    exam = ScheduledProcedureStep
    began = func.coalesce(exam.started_at, exam.starts_at)
    due = case((exam.started_at.is_not(None), literal(now)), else_=exam.ends_at)
    ended = func.greatest(func.coalesce(exam.ended_at, due), began)
    minutes = cast(func.sum(func.extract("epoch", ended - began)) / 60, Integer)
    used = {
        room_id: (total, number)
        for room_id, total, number in session.execute(
            select(exam.room_id, minutes, func.count())
            .where(
                exam.room_id.in_([room.id for room in rooms]),
                exam.status.in_(_OCCUPYING),
                within(exam.starts_at, period),
            )
            .group_by(exam.room_id)
        )
    }
    return [
        Utilisation(
            room.code,
            room.name,
            sum(_minutes(one) for one in calendars.get(room.id, ())),
            *used.get(room.id, (0, 0)),
        )
        for room in rooms
    ]


def waiting(session: Session, site: Site, period: Interval, policy: Policy) -> list[Waiting]:
    """Return each priority of which exams were completed in the period, most urgent first.

    The wait begins with the order, or with the time that the orderer wanted.
    """
    exam, order = ScheduledProcedureStep, ImagingServiceRequest
    asked = func.coalesce(order.wanted_at, order.ordered_at)
    waited = func.greatest(func.extract("epoch", exam.started_at - asked), 0)
    target = case(
        *((order.priority == one, policy.target[one].total_seconds()) for one in Priority), else_=0
    )
    rows = session.execute(
        select(
            order.priority,
            func.count(),
            func.percentile_cont(0.5).within_group(waited),
            func.percentile_cont(0.9).within_group(waited),
            func.avg(case((waited <= target, 1.0), else_=0.0)),
        )
        .select_from(exam)
        .join(exam.requested_procedure)
        .join(RequestedProcedure.order)
        .where(
            exam.room_id.in_(_room_ids(site)),
            exam.status == StepStatus.COMPLETED,
            exam.started_at.is_not(None),
            within(exam.status_changed_at, period),
        )
        .group_by(order.priority)
    )
    found = [
        Waiting(
            priority,
            number,
            timedelta(seconds=float(median)),
            timedelta(seconds=float(decile)),
            float(share),
            policy.target[priority],
        )
        for priority, number, median, decile, share in rows
    ]
    return sorted(found, key=lambda one: one.priority.rank)


def attendance(session: Session, site: Site, period: Interval) -> list[Attendance]:
    """Return each modality whose exams ended, were missed or cancelled in the period.

    An exam that was cancelled before it had a room counts for every site.
    """
    exam = ScheduledProcedureStep

    def number_of(status: StepStatus) -> ColumnElement[int]:
        return func.count().filter(exam.status == status)

    rows = session.execute(
        select(
            exam.modality,
            number_of(StepStatus.COMPLETED),
            number_of(StepStatus.NO_SHOW),
            number_of(StepStatus.CANCELED),
        )
        .where(
            or_(exam.room_id.is_(None), exam.room_id.in_(_room_ids(site))),
            exam.status.in_([StepStatus.COMPLETED, StepStatus.NO_SHOW, StepStatus.CANCELED]),
            within(exam.status_changed_at, period),
        )
        .group_by(exam.modality)
        .order_by(exam.modality)
    )
    return [Attendance(*row) for row in rows]


def third_next_available(session: Session, site: Site, now: datetime) -> list[NextAvailable]:
    """Return for every room when its third free half hour begins (within 30 days)."""
    rooms = _rooms(session, site)
    window = Interval(now, now + _LOOK_AHEAD)
    free = _calendars(session, rooms, window, now, free=True)
    return [NextAvailable(room.code, room.name, _third(free.get(room.id, ()))) for room in rooms]


def _third(free: Sequence[Interval]) -> datetime | None:
    found = 0
    for stretch in free:
        start = stretch.start
        while start + _USUAL_STAY <= stretch.end:
            found += 1
            if found == 3:  # noqa: PLR2004 - the third
                return start
            start += _USUAL_STAY
    return None


def _rooms(session: Session, site: Site) -> Sequence[Room]:
    return session.scalars(
        select(Room)
        .join(Room.resource)
        .where(Resource.site_id == site.id, Resource.active)
        .options(joinedload(Room.resource))
        .order_by(Room.display_order, Resource.code)
    ).all()


def _room_ids(site: Site) -> Select[Any]:
    """Return the rooms of a site, those out of use by now among them."""
    return select(Resource.id).where(
        Resource.site_id == site.id, Resource.kind == ResourceKind.ROOM
    )


def _calendars(
    session: Session,
    rooms: Sequence[Room],
    window: Interval,
    now: datetime,
    *,
    free: bool = False,
) -> dict[int, tuple[Interval, ...]]:
    """Return each room's usable time, or what of it is still free."""
    availability = Availability(
        session,
        [room.id for room in rooms],
        patient_id=0,
        now=now,
        purposes=frozenset({"E", "I"}),
        ignored=(),
    )
    resources = availability.within(window).resources
    return {key: one.free if free else one.usable for key, one in resources.items()}


def _minutes(interval: Interval) -> int:
    return round((interval.end - interval.start).total_seconds() / 60)
