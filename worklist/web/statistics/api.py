"""Figures for programs: use of rooms, waiting, attendance, reading, over chosen days."""

from datetime import date, datetime, timedelta
from typing import Annotated, Self

from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.scheduling import access
from worklist.scheduling.policies import queries as policies
from worklist.vocabulary import Priority
from worklist.web import context
from worklist.web.api.fields import Day, Input, Output
from worklist.web.api.operations import Operations
from worklist.web.reading import critical_figures, figures
from worklist.web.statistics import queries, trends
from worklist.web.statistics.chosen import chosen_span

api = Operations("Statistics", "Figures of a site over chosen days, by default the last week.")


class DaysQuery(Input):
    """From the first to the last day, both included, in the zone of the site."""

    site: Annotated[str, StringConstraints(max_length=16)] | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None
    until: Day | None = None


class RoomUse(Output):
    """A room's time: minutes open, minutes with exams, and how many exams those were."""

    code: str
    name: str
    open_minutes: int
    used_minutes: int
    exams: int


class Wait(Output):
    """From order to start of the exams of a priority completed in the period, in minutes."""

    priority: Priority
    exams: int
    median_minutes: float
    ninth_decile_minutes: float
    within_target: float
    target_minutes: float


class Attendance(Output):
    """Of a modality: exams done, patients who did not come, cancelled exams."""

    modality: str
    done: int
    no_shows: int
    cancelled: int


class NextAvailable(Output):
    """When a room could take its third next patient, within 30 days."""

    code: str
    name: str
    third: datetime | None


class DayPoint(Output):
    """A day's value, null where nothing was counted, and of how many it is."""

    day: date
    value: float | None
    number: int


class DayTrend(Output):
    """Values day by day: shares of one, or seconds.

    They should stay below the target, or not fall below it where it is one to reach ``at_least``.
    """

    name: str
    unit: trends.Unit
    target: float | None
    at_least: bool
    points: list[DayPoint]

    @classmethod
    def of(cls, trend: trends.Trend) -> Self:
        """Describe a trend."""
        points = [DayPoint.model_validate(one) for one in trend.points]
        return cls.made_of(trend, points=points)


class Figures(Output):
    """The figures of a site."""

    first: date
    last: date
    utilisation: list[RoomUse]
    waiting: list[Wait]
    attendance: list[Attendance]
    next_available: list[NextAvailable]
    utilisation_by_day: DayTrend
    no_shows_by_day: DayTrend
    next_available_by_day: DayTrend
    waiting_by_day: list[DayTrend]


class Turnaround(Output):
    """From performed to read of the cases of one kind, in minutes."""

    name: str
    cases: int
    median_minutes: float
    ninth_decile_minutes: float
    within_target: float


class Backlog(Output):
    """What waits now of one priority."""

    priority: Priority
    target_minutes: float
    waiting: int
    claimed: int
    late: int
    oldest: datetime


class ReaderFigures(Output):
    """What one person read by modality, and how often a case was given back unread."""

    name: str
    by_modality: dict[str, int]
    given_back: int


class ReadingDay(Output):
    """One day: cases that became ready, and those read in time and too late."""

    day: date
    ready: int
    in_time: int
    late: int


class Communication(Output):
    """Critical findings of a category: how many were raised, told, in time, and are open."""

    category: str
    target_minutes: float
    raised: int
    told: int
    in_time: int
    open: int
    late: int
    median_minutes: float | None


class ReadingFigures(Output):
    """The figures of reading."""

    first: date
    last: date
    backlog: list[Backlog]
    by_priority: list[Turnaround]
    by_modality: list[Turnaround]
    readers: list[ReaderFigures]
    days: list[ReadingDay]
    turnaround_by_day: list[DayTrend]
    critical: list[Communication]


@api.get("/statistics", Permission.SEE_STATISTICS, twins="statistics.overview statistics.as_csv")
def read_figures(session: Session, query: DaysQuery) -> Figures:
    """Return how full rooms are, how long patients wait, and who did not come."""
    del query  # its days are read where the page reads them
    site = context.site(session)
    span, policy, now = chosen_span(), policies.in_use(session), context.now()
    rooms, used_by_day = queries.utilisation(session, site, span, now)
    waits, waiting_by_day = queries.waiting(session, site, span, policy)
    attended, no_shows_by_day = queries.attendance(session, site, span)
    return Figures(
        first=span.first,
        last=span.last,
        utilisation=[RoomUse.model_validate(one) for one in rooms],
        waiting=[_wait(one) for one in waits],
        attendance=[Attendance.model_validate(one) for one in attended],
        next_available=[
            NextAvailable.model_validate(one)
            for one in access.third_next_available(session, site, now)
        ],
        utilisation_by_day=DayTrend.of(trends.used_enough(used_by_day, policy)),
        no_shows_by_day=DayTrend.of(trends.missed_little(no_shows_by_day, policy)),
        next_available_by_day=DayTrend.of(trends.next_available(session, site, span)),
        waiting_by_day=[DayTrend.of(one) for one in waiting_by_day],
    )


@api.get(
    "/statistics/reading", Permission.SEE_STATISTICS, twins="reading.figures reading.spreadsheet"
)
def read_reading_figures(session: Session, query: DaysQuery) -> ReadingFigures:
    """Return turnaround, backlog, who reads what, and how critical findings were told."""
    del query  # its days are read where the page reads them
    context.site(session)
    span = chosen_span()
    first, last, period = span.first, span.last, span.period
    by_priority = figures.turnaround(session, period, by_modality=False)
    by_modality = figures.turnaround(session, period, by_modality=True)
    policy = policies.in_use(session)
    told = critical_figures.communication(session, period, policy, now=context.now())
    days = figures.days(session, first, last, period, span.zone)
    return ReadingFigures(
        first=first,
        last=last,
        backlog=[_backlog(one) for one in figures.backlog(session, policy, context.now())],
        by_priority=[_turnaround(one) for one in by_priority],
        by_modality=[_turnaround(one) for one in by_modality],
        readers=[ReaderFigures.model_validate(one) for one in figures.readers(session, period)],
        days=[ReadingDay.model_validate(one) for one in days],
        turnaround_by_day=[DayTrend.of(one) for one in trends.turnaround(session, span, policy)],
        critical=[_communication(one) for one in told],
    )


def _wait(one: queries.Waiting) -> Wait:
    return Wait.made_of(
        one,
        median_minutes=_minutes(one.median),
        ninth_decile_minutes=_minutes(one.ninth_decile),
        target_minutes=_minutes(one.target),
    )


def _turnaround(one: figures.Turnaround) -> Turnaround:
    return Turnaround.made_of(
        one,
        median_minutes=_minutes(one.median),
        ninth_decile_minutes=_minutes(one.ninth_decile),
    )


def _backlog(one: figures.Backlog) -> Backlog:
    return Backlog.made_of(one, target_minutes=_minutes(one.target))


def _communication(one: critical_figures.Communication) -> Communication:
    return Communication.made_of(
        one,
        target_minutes=_minutes(one.target),
        median_minutes=None if one.median is None else _minutes(one.median),
    )


def _minutes(length: timedelta) -> float:
    return length.total_seconds() / 60
