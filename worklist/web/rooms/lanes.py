"""A room's exams by what is to be done with them, and what is late: pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import FINAL, UNDER_WAY, StepStatus

# A department's defaults: when a wait is worth a look, when it is too long, who counts as missing.
WAIT_SOON = timedelta(minutes=20)
WAIT_LATE = timedelta(minutes=45)
MISSING_AFTER = timedelta(minutes=10)

_HERE = frozenset({StepStatus.ARRIVED, StepStatus.READY})


@dataclass(frozen=True, slots=True)
class Alert:
    """What a person should notice, in words; ``level`` is its colour: soon or late."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Lanes:
    """A room's day: in the room, to come next, later, and over; each by time."""

    now: list[ScheduledProcedureStep]
    next: list[ScheduledProcedureStep]
    later: list[ScheduledProcedureStep]
    done: list[ScheduledProcedureStep]

    @property
    def to_come(self) -> list[ScheduledProcedureStep]:
        """Everything that has not begun."""
        return [*self.next, *self.later]

    @property
    def ids(self) -> list[int]:
        """The numbers of all of its exams."""
        return [exam.id for exam in (*self.now, *self.to_come, *self.done)]

    @property
    def waiting(self) -> int:
        """How many patients are here and wait."""
        return sum(exam.status in _HERE for exam in self.next)


def lanes(exams: Iterable[ScheduledProcedureStep]) -> Lanes:
    """Sort a room's exams: next are the patients who are here, the ready ones first.

    Where nobody is here, next is the first exam that is expected.
    """
    ordered = sorted(exams, key=_start)
    here = [exam for exam in ordered if exam.status in _HERE]
    expected = [exam for exam in ordered if exam.status is StepStatus.SCHEDULED]
    following = sorted(here, key=lambda exam: exam.status is not StepStatus.READY)
    if not following:
        following, expected = expected[:1], expected[1:]
    return Lanes(
        now=[exam for exam in ordered if exam.status in UNDER_WAY],
        next=following,
        later=expected,
        done=[exam for exam in ordered if exam.status in FINAL],
    )


def minutes_late(exams: Iterable[ScheduledProcedureStep], now: datetime) -> int:
    """Return by how many minutes the room is behind: an exam too long, or a patient who waits.

    A patient who has not come does not make the room late.
    """
    behind = [timedelta(0)]
    for exam in exams:
        if exam.status in UNDER_WAY and exam.ends_at is not None:
            behind.append(now - (_ends_at(exam) or exam.ends_at))
        elif exam.status in _HERE and exam.starts_at is not None:
            behind.append(now - exam.starts_at)
    return int(max(behind).total_seconds() // 60)


def _ends_at(exam: ScheduledProcedureStep) -> datetime | None:
    """Return when an exam that began after its whole slot was over is to end; None of others."""
    begun, start, end = exam.started_at, exam.starts_at, exam.ends_at
    if begun is None or start is None or end is None or begun < end:
        return None
    return begun + (end - start)


def alert(
    exam: ScheduledProcedureStep, now: datetime, expected: Mapping[int, datetime] | None = None
) -> Alert | None:
    """Return what is wrong with the exam at this moment, None where nothing is.

    ``expected`` tells when exams that others push are expected to begin, by their ids.
    """
    if exam.status in UNDER_WAY:
        return _too_long(exam, now)
    return _patient(exam, now) or _pushed(exam, expected or {})


def _patient(exam: ScheduledProcedureStep, now: datetime) -> Alert | None:
    """Return that the patient waits too long, or is not here."""
    if exam.status in _HERE:
        return _waits(exam, now)
    if exam.status is StepStatus.SCHEDULED and exam.starts_at is not None:
        missing = now - exam.starts_at
        if missing >= MISSING_AFTER:
            return Alert(
                "late", _("not here, %(minutes)s after the time", minutes=_minutes(missing))
            )
        if missing >= timedelta(0):
            return Alert("soon", _("not here yet"))
    return None


def _pushed(exam: ScheduledProcedureStep, expected: Mapping[int, datetime]) -> Alert | None:
    begins = expected.get(exam.id)
    if begins is None or exam.starts_at is None:
        return None
    later = begins - exam.starts_at
    level = "late" if later >= WAIT_SOON else "soon"
    return Alert(level, _("begins about %(minutes)s later", minutes=_minutes(later)))


def _too_long(exam: ScheduledProcedureStep, now: datetime) -> Alert | None:
    if exam.started_at is None or exam.starts_at is None or exam.ends_at is None:
        return None
    planned = exam.ends_at - exam.starts_at
    over = now - exam.started_at - planned
    if over <= timedelta(0):
        return None
    level = "late" if over >= planned / 2 else "soon"
    return Alert(level, _("%(minutes)s longer than planned", minutes=_minutes(over)))


def _waits(exam: ScheduledProcedureStep, now: datetime) -> Alert | None:
    waits = now - (exam.arrived_at or exam.status_changed_at)
    behind = now - exam.starts_at if exam.starts_at else timedelta(0)
    if waits >= WAIT_LATE:
        return Alert("late", _("waits for %(minutes)s", minutes=_minutes(waits)))
    if behind >= MISSING_AFTER:
        return Alert("late", _("%(minutes)s after the time", minutes=_minutes(behind)))
    if waits >= WAIT_SOON:
        return Alert("soon", _("waits for %(minutes)s", minutes=_minutes(waits)))
    return None


def _minutes(length: timedelta) -> str:
    return _("%(minutes)s min", minutes=int(length.total_seconds() // 60))


def _start(exam: ScheduledProcedureStep) -> tuple[datetime, int]:
    return exam.starts_at or exam.started_at or exam.status_changed_at, exam.id
