"""When an urgent exam cannot meet its target: whom to move, ranked, for a person to accept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.assessment import Assessment, assess, assess_all
from worklist.scheduling.booked import Booked
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.intervals import Interval, round_up
from worklist.scheduling.policy import Policy
from worklist.scheduling.search import Found, best_slot, earliest_start
from worklist.scheduling.slots import Slot
from worklist.scheduling.walk import Walk
from worklist.vocabulary import PatientClass, Priority

STEP = timedelta(minutes=15)
MOST_MOVED = 3
_SOON = timedelta(hours=3)

# How much moving one exam weighs: it rises with urgency, and for a patient on the way already.
_WEIGHT = {Priority.URGENT: 20, Priority.ASAP: 5, Priority.ROUTINE: 2}
_ON_THE_WAY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Displacement:
    """One way to make room: a slot, and the exams that would lose theirs.

    ``next_starts`` are the best other times that they would have now, in the same order.
    """

    slot: Slot
    exams: tuple[ScheduledProcedureStep, ...]
    next_starts: tuple[datetime | None, ...]
    weight: float


def misses_target(exam: ScheduledProcedureStep, found: Found, policy: Policy) -> bool:
    """Return whether the best slot found begins later than the exam's priority wants."""
    due = exam.order.ordered_at + policy.target[exam.order.priority]
    return found.chosen is None or found.chosen.slot.starts_at > max(due, found.earliest)


def whom_to_move(
    session: Session, exam: ScheduledProcedureStep, *, now: datetime, limit: int = 5
) -> list[Displacement]:
    """Return the ways to begin within the target by moving less urgent exams, least harm first.

    Only exams that are SCHEDULED, less urgent and not begun are moved, at most three; nothing is
    changed here: a person accepts one with `service.displace`. What is booked until the target is
    read once, however many rooms and starts there are to try.
    """
    assessment = assess(session, exam, now=now)
    if assessment.blocks or assessment.holds:
        return []
    earliest = earliest_start(exam, assessment, now)
    earliest += timedelta(minutes=assessment.plan.minutes_before)
    target = assessment.policy.target[exam.order.priority]
    due = max(exam.order.ordered_at + target, earliest + STEP)
    first = round_up(earliest, assessment.policy.step_minutes)
    booked = Booked(session, exam, assessment, Interval(first, due), now=now)
    found: dict[frozenset[int], Displacement] = {}
    for candidate in assessment.eligible:
        start = first
        while start <= due:
            one = _displacement(booked, assessment, candidate, start=start, now=now)
            if one:
                found.setdefault(frozenset(moved.id for moved in one.exams), one)
            start += STEP
    ranked = sorted(found.values(), key=lambda one: (one.weight, one.slot.starts_at))
    return _with_next(session, ranked[:limit], now)


def _displacement(
    booked: Booked,
    assessment: Assessment,
    candidate: Candidate,
    *,
    start: datetime,
    now: datetime,
) -> Displacement | None:
    minutes = assessment.plan.room_minutes + candidate.turnover_minutes
    during = Interval(start, start + timedelta(minutes=minutes))
    moved = booked.movable(candidate.room.id, during)
    if not moved or len(moved) > MOST_MOVED:
        return None
    walk = Walk(booked.without(moved), assessment, [candidate])
    minute = Interval(start, start + timedelta(minutes=1))
    slot = next(walk.slots(minute, step_minutes=1), None)
    if slot is None:
        return None
    return Displacement(
        slot=slot,
        exams=tuple(moved),
        next_starts=(),
        weight=sum(_weight(one, now) for one in moved),
    )


def weight(
    priority: Priority, starts_at: datetime | None, *, outpatient: bool, now: datetime
) -> float:
    """Return how much moving an exam weighs: more for urgency, and for one on the way."""
    on_the_way = outpatient and starts_at is not None and starts_at < now + _SOON
    return _WEIGHT[priority] * (_ON_THE_WAY if on_the_way else 1)


def _weight(exam: ScheduledProcedureStep, now: datetime) -> float:
    outpatient = exam.order.patient_class is PatientClass.OUTPATIENT
    return weight(exam.order.priority, exam.starts_at, outpatient=outpatient, now=now)


def _with_next(session: Session, ways: Sequence[Displacement], now: datetime) -> list[Displacement]:
    """Add for each exam the best time after its present one that it could have as things are."""
    exams = list({exam.id: exam for one in ways for exam in one.exams}.values())
    following: dict[int, datetime | None] = {}
    for exam, assessed in zip(exams, assess_all(session, exams, now=now), strict=True):
        found = best_slot(session, exam, assessed, now=max(now, exam.ends_at or now))
        following[exam.id] = found.chosen.slot.starts_at if found.chosen else None
    return [
        replace(one, next_starts=tuple(following[exam.id] for exam in one.exams)) for one in ways
    ]


def lock_in_order(session: Session, ids: Sequence[int]) -> dict[int, ScheduledProcedureStep]:
    """Lock exams for a change in the order of their ids, as everybody does who locks several."""
    return {one: orders.get_exam(session, one) for one in sorted(ids)}
