"""Figures of a site over a stretch of days."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from worklist.catalogue.models import Site
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
from worklist.web.statistics.chosen import Span, within
from worklist.web.statistics.trends import Trend, Unit, by_priority, room_ids, trend

# The wait begins with the order, or with the time that the orderer wanted.
_WAITED: ColumnElement[Any] = func.greatest(
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


def utilisation(
    session: Session, site: Site, span: Span, now: datetime
) -> tuple[list[Utilisation], Trend]:
    """Return every room in use, in the order of the day board, and the used share of each day.

    An exam under way counts until ``now``, one that is still to begin as it is booked. A day
    counts its exams.
    """
    known = rooms_of_site(session, site.id)
    opened = access.calendars(session, known, span.period, now)
    exam = ScheduledProcedureStep
    day = span.day_of(exam.starts_at)
    rows = session.execute(
        select(exam.room_id, day, _used_minutes(now), func.count())
        .where(
            exam.room_id.in_([room.id for room in known]),
            exam.status.in_(_OCCUPYING),
            within(exam.starts_at, span.period),
        )
        .group_by(func.grouping_sets(tuple_(exam.room_id), tuple_(day)))
    ).all()
    by_room = {room_id: used for room_id, _day, *used in rows if room_id is not None}
    by_day = {one: used for room_id, one, *used in rows if room_id is None}
    rooms = [
        Utilisation(
            room.code,
            room.name,
            sum(_minutes(one) for one in opened.get(room.id, ())),
            *by_room.get(room.id, (0, 0)),
        )
        for room in known
    ]
    return rooms, _share_of_open(opened.values(), by_day, span)


def _share_of_open(
    opened: Iterable[Iterable[Interval]], used: Mapping[date, Sequence[int]], span: Span
) -> Trend:
    """Return the used share of the open time of all rooms, of the days when one was open."""
    minutes: dict[date, float] = defaultdict(float)
    for intervals in opened:
        for one in intervals:
            for part, length in _by_day(one.start, one.end, span):
                minutes[part] += length
    found = {}
    for day, length in minutes.items():
        taken, number = used.get(day, (0, 0))
        if length:
            found[day] = (taken / length, number)
    return trend("utilisation", Unit.SHARE, span, found)


def _used_minutes(now: datetime) -> ColumnElement[int]:
    """Sum the minutes that exams took, those under way until ``now``."""
    exam = ScheduledProcedureStep
    began = func.coalesce(exam.started_at, exam.starts_at)
    due = case((exam.started_at.is_not(None), literal(now)), else_=exam.ends_at)
    ended = func.greatest(func.coalesce(exam.ended_at, due), began)
    return cast(func.sum(func.extract("epoch", ended - began)) / 60, Integer)


def waiting(
    session: Session, site: Site, span: Span, policy: Policy
) -> tuple[list[Waiting], list[Trend]]:
    """Return each priority of which exams were completed, most urgent first, and its days.

    The wait begins with the order, or with the time that the orderer wanted.
    """
    rows = session.execute(_waits(site, span, policy)).all()
    whole = [
        Waiting(
            row.priority,
            row.number,
            timedelta(seconds=float(row.median)),
            timedelta(seconds=float(row.decile)),
            float(row.share),
            policy.target[row.priority],
        )
        for row in rows
        if row.is_whole
    ]
    days = [(row.priority, row.day, row.median, row.number) for row in rows if not row.is_whole]
    return (
        sorted(whole, key=lambda one: one.priority.rank),
        by_priority(days, span, lambda priority: policy.target[priority]),
    )


def _waits(site: Site, span: Span, policy: Policy) -> Select[Any]:
    """Select the waits of each priority in the whole span and on each of its days.

    Both in one pass: to find the orders is what takes long.
    """
    exam, order = ScheduledProcedureStep, ImagingServiceRequest
    day = span.day_of(exam.status_changed_at)
    target = case(
        *((order.priority == one, policy.target[one].total_seconds()) for one in Priority), else_=0
    )
    return (
        select(
            order.priority,
            day.label("day"),
            func.grouping(day).label("is_whole"),
            func.count().label("number"),
            func.percentile_cont(0.5).within_group(_WAITED).label("median"),
            func.percentile_cont(0.9).within_group(_WAITED).label("decile"),
            func.avg(case((target >= _WAITED, 1.0), else_=0.0)).label("share"),
        )
        .select_from(exam)
        .join(exam.requested_procedure)
        .join(RequestedProcedure.order)
        .where(
            exam.room_id.in_(room_ids(site)),
            exam.status == StepStatus.COMPLETED,
            exam.started_at.is_not(None),
            within(exam.status_changed_at, span.period),
        )
        .group_by(func.grouping_sets(tuple_(order.priority), tuple_(order.priority, day)))
    )


def attendance(session: Session, site: Site, span: Span) -> tuple[list[Attendance], Trend]:
    """Return each modality whose exams ended, were missed or cancelled, and the days' no-shows.

    Those are the share of the patients expected who did not come; a day counts those expected. An
    exam that has no room (any more) counts for every site.
    """
    exam = ScheduledProcedureStep
    day = span.day_of(exam.status_changed_at)

    def number_of(status: StepStatus) -> ColumnElement[int]:
        return func.count().filter(exam.status == status)

    rows = session.execute(
        select(
            exam.modality,
            day,
            func.grouping(day),
            number_of(StepStatus.COMPLETED),
            number_of(StepStatus.NO_SHOW),
            number_of(StepStatus.CANCELED),
        )
        .where(
            or_(exam.room_id.is_(None), exam.room_id.in_(room_ids(site))),
            within(exam.status_changed_at, span.period),
            exam.status.in_(_ENDED),
        )
        .group_by(func.grouping_sets(tuple_(exam.modality), tuple_(day)))
        .order_by(exam.modality)
    ).all()
    by_modality = [
        Attendance(name, *numbers) for name, _day, is_whole, *numbers in rows if is_whole
    ]
    days = {
        one: (missed / (done + missed), done + missed)
        for _name, one, is_whole, done, missed, _cancelled in rows
        if not is_whole and done + missed
    }
    return by_modality, trend("no-shows", Unit.SHARE, span, days)


def _by_day(start: datetime, end: datetime, span: Span) -> Iterable[tuple[date, float]]:
    """Yield the minutes of a stretch of time that lie in each day of the site."""
    while start < end:
        day = start.astimezone(span.zone).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=span.zone)
        until = min(end, midnight)
        yield day, (until - start) / timedelta(minutes=1)
        start = until


def _minutes(interval: Interval) -> int:
    return round((interval.end - interval.start).total_seconds() / 60)
