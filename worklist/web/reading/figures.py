"""Figures for whoever leads the readers: turnaround, backlog, and who reads what."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Date, Select, case, cast, distinct, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from worklist.audit.models import AuditEvent
from worklist.auth.models import User
from worklist.catalogue.procedures import Procedure
from worklist.language.text import _
from worklist.orders.models import RequestedProcedure
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.reading.selection import WAITING
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.vocabulary import Priority
from worklist.web.statistics.chosen import within


@dataclass(frozen=True, slots=True)
class Turnaround:
    """From performed to read, of the cases of one kind that were read in the period."""

    name: str
    cases: int
    median: timedelta
    ninth_decile: timedelta
    within_target: float


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits now of one priority; ``target`` is how soon each should be read."""

    priority: Priority
    target: timedelta
    waiting: int
    claimed: int
    late: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """What one person read by modality, and how often a case was given back unread."""

    name: str
    by_modality: dict[str, int]
    given_back: int

    @property
    def cases(self) -> int:
        """All that the person read."""
        return sum(self.by_modality.values())


@dataclass(frozen=True, slots=True)
class Day:
    """One day: cases that became ready, and those read in time and too late."""

    day: date
    ready: int
    in_time: int
    late: int


def turnaround(session: Session, period: Interval, *, by_modality: bool) -> list[Turnaround]:
    """Return each priority, most urgent first, or each modality of which cases were read."""
    kind: InstrumentedAttribute[Any] = Procedure.modality if by_modality else ReadingTask.priority
    took = func.extract("epoch", ReadingTask.read_at - ReadingTask.ready_at)
    in_time = case((ReadingTask.read_at <= ReadingTask.due_at, 1.0), else_=0.0)
    rows = session.execute(
        select(
            kind,
            func.count(),
            func.percentile_cont(0.5).within_group(took),
            func.percentile_cont(0.9).within_group(took),
            func.avg(in_time),
        )
        .select_from(ReadingTask)
        .join(ReadingTask.requested_procedure)
        .join(RequestedProcedure.procedure)
        .where(_read_in(period))
        .group_by(kind)
    ).all()
    found = [
        Turnaround(
            str(name),
            number,
            timedelta(seconds=float(median)),
            timedelta(seconds=float(decile)),
            float(share),
        )
        for name, number, median, decile, share in rows
    ]
    order = {str(one): one.rank for one in Priority}
    return sorted(found, key=lambda one: (order.get(one.name, 0), one.name))


def backlog(session: Session, policy: Policy, now: datetime) -> list[Backlog]:
    """Return each priority of which something waits, most urgent first."""
    rows = session.execute(
        select(
            ReadingTask.priority,
            func.count(),
            func.count().filter(ReadingTask.status == ReadingStatus.CLAIMED),
            func.count().filter(ReadingTask.due_at < now),
            func.min(ReadingTask.ready_at),
        )
        .where(ReadingTask.status.in_(WAITING))
        .group_by(ReadingTask.priority)
    )
    found = [
        Backlog(priority, policy.read_within[priority], number, claimed, late, oldest)
        for priority, number, claimed, late, oldest in rows
    ]
    return sorted(found, key=lambda one: one.priority.rank)


def readers(session: Session, period: Interval) -> list[Reader]:
    """Return who read in the period, who read most first; reports from elsewhere have no name."""
    read: dict[str, dict[str, int]] = defaultdict(dict)
    names: dict[str, str] = {}
    rows = session.execute(
        select(User.username, User.display_name, Procedure.modality, func.count())
        .select_from(ReadingTask)
        .join(ReadingTask.requested_procedure)
        .join(RequestedProcedure.procedure)
        .outerjoin(ReadingTask.claimed_by)
        .where(_read_in(period))
        .group_by(User.username, User.display_name, Procedure.modality)
    )
    for username, display_name, modality, number in rows:
        read[username or ""][modality] = number
        names[username or ""] = display_name or _("in another system")
    given_back = dict(session.execute(_given_back(period)).all())
    found = [
        Reader(names[username], by_modality, given_back.get(f"user:{username}", 0))
        for username, by_modality in read.items()
    ]
    return sorted(found, key=lambda one: (-one.cases, one.name))


def days(session: Session, first: date, last: date, period: Interval, zone: ZoneInfo) -> list[Day]:
    """Return every day of the period."""
    late = ReadingTask.read_at > ReadingTask.due_at
    ready = _by_day(session, ReadingTask.ready_at, period, zone, [func.count()])
    read = _by_day(
        session,
        ReadingTask.read_at,
        period,
        zone,
        [func.count().filter(~late), func.count().filter(late)],
    )
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [Day(day, *ready.get(day, (0,)), *read.get(day, (0, 0))) for day in every]


def _by_day(
    session: Session,
    at: InstrumentedAttribute[Any],
    period: Interval,
    zone: ZoneInfo,
    counts: Sequence[ColumnElement[int]],
) -> dict[date, tuple[int, ...]]:
    day = cast(func.timezone(zone.key, at), Date)
    rows = session.execute(
        select(day, *counts)
        .where(
            within(at, period),
            ReadingTask.status != ReadingStatus.WITHDRAWN,
        )
        .group_by(day)
    )
    return {one: tuple(numbers) for one, *numbers in rows}


def _given_back(period: Interval) -> Select[str, int]:
    """Count the cases that each person claimed and gave back; a case has an event for each exam."""
    task_id = cast(AuditEvent.detail["task_id"].astext, BigInteger)
    return (
        select(AuditEvent.actor, func.count(distinct(task_id)))
        .where(
            AuditEvent.action == "reading.released",
            within(AuditEvent.occurred_at, period),
        )
        .group_by(AuditEvent.actor)
    )


def _read_in(period: Interval) -> ColumnElement[bool]:
    return (ReadingTask.status == ReadingStatus.READ) & within(ReadingTask.read_at, period)
