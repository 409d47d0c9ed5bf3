"""When an urgent exam cannot meet its target: whom to move, ranked, for a person to accept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.orders import service as orders
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import StepStatus
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.availability import as_range
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.intervals import Interval, round_up
from worklist.scheduling.models import Reservation
from worklist.scheduling.policy import Policy
from worklist.scheduling.search import Found, best_slot, earliest_start
from worklist.scheduling.slots import Slot
from worklist.scheduling.walk import booked_walk
from worklist.vocabulary import PatientClass, Priority

STEP = timedelta(minutes=15)
MOST_MOVED = 3
_SOON = timedelta(hours=3)

# How much moving one exam weighs: it rises with urgency, and for a patient already on his way.
_WEIGHT = {Priority.URGENT: 20, Priority.ASAP: 5, Priority.ROUTINE: 2}
_ON_HIS_WAY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Displacement:
    """One way to make room: a slot, and the exams that would lose theirs.

    ``next_starts`` tells for each of them the best other time that it would have now.
    """

    slot: Slot
    exams: tuple[ScheduledProcedureStep, ...]
    next_starts: tuple[datetime | None, ...]
    weight: float


def misses_target(exam: ScheduledProcedureStep, found: Found, policy: Policy) -> bool:
    """Tell whether the best slot found begins later than the exam's priority wants."""
    due = exam.order.ordered_at + policy.target[exam.order.priority]
    return found.chosen is None or found.chosen.slot.starts_at > max(due, found.earliest)


def whom_to_move(
    session: Session, exam: ScheduledProcedureStep, *, now: datetime, limit: int = 5
) -> list[Displacement]:
    """Return the ways to begin within the target by moving less urgent exams, least harm first.

    Only exams that are SCHEDULED, less urgent and not begun are moved, at most three; nothing is
    changed here: a person accepts one with `service.displace`.
    """
    assessment = assess(session, exam, now=now)
    if assessment.blocks or assessment.holds:
        return []
    earliest = earliest_start(exam, assessment, now)
    earliest += timedelta(minutes=assessment.plan.minutes_before)
    target = assessment.policy.target[exam.order.priority]
    due = max(exam.order.ordered_at + target, earliest + STEP)
    found: dict[frozenset[int], Displacement] = {}
    for candidate in assessment.eligible:
        start = round_up(earliest, assessment.policy.step_minutes)
        while start <= due:
            one = _displacement(session, exam, assessment, candidate, start=start, now=now)
            if one:
                found.setdefault(frozenset(moved.id for moved in one.exams), one)
            start += STEP
    ranked = sorted(found.values(), key=lambda one: (one.weight, one.slot.starts_at))
    return [_with_next(session, one, now) for one in ranked[:limit]]


def movable_exams(
    session: Session, exam: ScheduledProcedureStep, resource_id: int, during: Interval
) -> list[ScheduledProcedureStep] | None:
    """Return the exams that hold the resource then; None where one of them must stay."""
    rows = session.scalars(
        select(ScheduledProcedureStep)
        .join(Reservation, Reservation.exam_id == ScheduledProcedureStep.id)
        .join(RequestedProcedure)
        .join(ImagingServiceRequest)
        .where(
            Reservation.resource_id == resource_id,
            Reservation.during.overlaps(as_range(during)),
            ScheduledProcedureStep.id != exam.id,
        )
        .distinct()
    ).all()
    rank = exam.order.priority.rank
    stays = any(
        one.status is not StepStatus.SCHEDULED or one.order.priority.rank <= rank for one in rows
    )
    return None if stays else list(rows)


def _displacement(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    candidate: Candidate,
    *,
    start: datetime,
    now: datetime,
) -> Displacement | None:
    minutes = assessment.plan.room_minutes + candidate.turnover_minutes
    during = Interval(start, start + timedelta(minutes=minutes))
    moved = movable_exams(session, exam, candidate.room.id, during)
    if not moved or len(moved) > MOST_MOVED:
        return None
    ids = [one.id for one in moved]
    walk = booked_walk(session, exam, assessment, [candidate], now=now, without=ids)
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
    """Return how much moving an exam weighs: more for urgency, and for one on his way."""
    on_his_way = outpatient and starts_at is not None and starts_at < now + _SOON
    return _WEIGHT[priority] * (_ON_HIS_WAY if on_his_way else 1)


def _weight(exam: ScheduledProcedureStep, now: datetime) -> float:
    outpatient = exam.order.patient_class is PatientClass.OUTPATIENT
    return weight(exam.order.priority, exam.starts_at, outpatient=outpatient, now=now)


def _with_next(session: Session, one: Displacement, now: datetime) -> Displacement:
    return Displacement(
        slot=one.slot,
        exams=one.exams,
        next_starts=tuple(_next_start(session, exam, now) for exam in one.exams),
        weight=one.weight,
    )


def _next_start(session: Session, exam: ScheduledProcedureStep, now: datetime) -> datetime | None:
    """Return the best time after its present one that the exam could have as things are."""
    after = max(now, exam.ends_at or now)
    found = best_slot(session, exam, assess(session, exam, now=now), now=after)
    return found.chosen.slot.starts_at if found.chosen else None


def lock_in_order(session: Session, ids: Sequence[int]) -> dict[int, ScheduledProcedureStep]:
    """Lock exams for a change in the order of their ids, as everybody does who locks several."""
    return {one: orders.get_exam(session, one) for one in sorted(ids)}
