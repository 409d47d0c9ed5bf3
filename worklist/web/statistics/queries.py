"""Figures of a site over a stretch of days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from worklist.catalogue.models import Resource, ResourceKind, Site
from worklist.catalogue.rooms import rooms_of_site
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import UNDER_WAY, WITH_SLOT, StepStatus
from worklist.scheduling import access
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.vocabulary import Priority
from worklist.web.statistics.chosen import within

# The wait begins with the order, or with the time that the orderer wanted.
WAITED: ColumnElement[Any] = func.greatest(
    func.extract(
        "epoch",
        ScheduledProcedureStep.started_at
        - func.coalesce(ImagingServiceRequest.wanted_at, ImagingServiceRequest.ordered_at),
    ),
    0,
)
_ENDED = (StepStatus.COMPLETED, StepStatus.NO_SHOW, StepStatus.CANCELED)
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


def utilisation(session: Session, site: Site, period: Interval, now: datetime) -> list[Utilisation]:
    """Return every room in use, in the order of the day board.

    An exam under way counts until ``now``, one that is still to begin as it is booked.
    """
    known = rooms_of_site(session, site.id)
    opened = access.calendars(session, known, period, now)
    exam = ScheduledProcedureStep
    used = {
        room_id: (total, number)
        for room_id, total, number in session.execute(
            select(exam.room_id, used_minutes(now), func.count())
            .where(*occupying([room.id for room in known], period))
            .group_by(exam.room_id)
        )
    }
    return [
        Utilisation(
            room.code,
            room.name,
            sum(_minutes(one) for one in opened.get(room.id, ())),
            *used.get(room.id, (0, 0)),
        )
        for room in known
    ]


def used_minutes(now: datetime) -> ColumnElement[int]:
    """Sum the minutes that exams took, those under way until ``now``."""
    exam = ScheduledProcedureStep
    began = func.coalesce(exam.started_at, exam.starts_at)
    due = case((exam.started_at.is_not(None), literal(now)), else_=exam.ends_at)
    ended = func.greatest(func.coalesce(exam.ended_at, due), began)
    return cast(func.sum(func.extract("epoch", ended - began)) / 60, Integer)


def occupying(room_ids: Sequence[int], period: Interval) -> list[ColumnElement[bool]]:
    """Return what tells the exams that took time of these rooms in the period."""
    exam = ScheduledProcedureStep
    return [
        exam.room_id.in_(room_ids),
        exam.status.in_(_OCCUPYING),
        within(exam.starts_at, period),
    ]


def waiting(session: Session, site: Site, period: Interval, policy: Policy) -> list[Waiting]:
    """Return each priority of which exams were completed in the period, most urgent first.

    The wait begins with the order, or with the time that the orderer wanted.
    """
    exam, order = ScheduledProcedureStep, ImagingServiceRequest
    target = case(
        *((order.priority == one, policy.target[one].total_seconds()) for one in Priority), else_=0
    )
    rows = session.execute(
        select(
            order.priority,
            func.count(),
            func.percentile_cont(0.5).within_group(WAITED),
            func.percentile_cont(0.9).within_group(WAITED),
            func.avg(case((target >= WAITED, 1.0), else_=0.0)),
        )
        .select_from(exam)
        .join(exam.requested_procedure)
        .join(RequestedProcedure.order)
        .where(*completed(site, period))
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


def completed(site: Site, period: Interval) -> list[ColumnElement[bool]]:
    """Return what tells the exams that were completed at a site in the period."""
    exam = ScheduledProcedureStep
    return [
        exam.room_id.in_(room_ids(site)),
        exam.status == StepStatus.COMPLETED,
        exam.started_at.is_not(None),
        within(exam.status_changed_at, period),
    ]


def attendance(session: Session, site: Site, period: Interval) -> list[Attendance]:
    """Return each modality whose exams ended, were missed or cancelled in the period."""
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
        .where(*ended(site, period), exam.status.in_(_ENDED))
        .group_by(exam.modality)
        .order_by(exam.modality)
    )
    return [Attendance(*row) for row in rows]


def ended(site: Site, period: Interval) -> list[ColumnElement[bool]]:
    """Return what tells the exams of a site whose status changed last in the period.

    One that has no room (any more) counts for every site.
    """
    exam = ScheduledProcedureStep
    return [
        or_(exam.room_id.is_(None), exam.room_id.in_(room_ids(site))),
        within(exam.status_changed_at, period),
    ]


def room_ids(site: Site) -> Select[Any]:
    """Return the rooms of a site, those out of use by now among them."""
    return select(Resource.id).where(
        Resource.site_id == site.id, Resource.kind == ResourceKind.ROOM
    )


def _minutes(interval: Interval) -> int:
    return round((interval.end - interval.start).total_seconds() / 60)
