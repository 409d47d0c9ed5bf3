"""Search for slots in the real calendar, for workers (the best one) and for desks (a choice)."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.availability import ResourceCalendar, Window
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.intervals import Interval
from worklist.scheduling.score import Circumstances, Score, score, waiting
from worklist.scheduling.slots import Slot
from worklist.scheduling.walk import Walk, booked_walk
from worklist.vocabulary import PatientClass

_DESK_STEP_MINUTES = 15
_DESK_HORIZON = timedelta(days=30)
_REACHES = (timedelta(hours=3), timedelta(days=1), timedelta(days=7))
_ALL = 100_000
_VISIT_DAYS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Scored:
    """A slot with what it costs."""

    slot: Slot
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search for the best slot found.

    ``first`` holds the first slot of each room up to ``looked_until``, where the search could
    stop: from there on waiting alone costs more than the slot chosen. ``kept`` holds the first
    slot of each room that was passed over because it is kept for more urgent exams.
    """

    chosen: Scored | None
    first: dict[int, Scored]
    earliest: datetime
    looked_until: datetime
    kept: dict[int, Slot]
    windows: tuple[Window, ...]


def best_slot(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    *,
    now: datetime,
) -> Found:
    """Return the slot that costs least, and the first of each room."""
    circumstances = circumstances_of(exam, assessment, now=now)
    walk = booked_walk(session, exam, assessment, assessment.eligible, now=now)
    return choose(walk, assessment, circumstances, now=now)


def choose(
    walk: Walk, assessment: Assessment, circumstances: Circumstances, *, now: datetime
) -> Found:
    """Walk until waiting alone costs more than the best slot seen, and return that."""
    policy = assessment.policy
    first_start = circumstances.earliest + timedelta(minutes=assessment.plan.minutes_before)
    starts = Interval(first_start, first_start + policy.horizon)
    best: Scored | None = None
    first: dict[int, Scored] = {}
    looked_until = starts.end
    kept: dict[int, Slot] = {}

    def full_until(room_id: int, during: Interval) -> tuple[datetime, bool] | None:
        """Return the end of the time that is too full by then, and whether it was without it."""
        share = policy.kept_share(circumstances.priority, during.start - now)
        return walk.stretches(room_id).full_until(during, share) if share else None

    def skip(
        calendar: ResourceCalendar, start: datetime, end: datetime
    ) -> tuple[datetime, bool] | None:
        """Pass over nights, and over full stretches once a room's first kept slot is known."""
        later = next_start(start, calendar.zone, circumstances.day_part)
        if later is not None:
            return later, True
        if calendar.id in kept:
            return full_until(calendar.id, Interval(start, end))
        return None

    for slot in walk.slots(starts, step_minutes=policy.step_minutes, skip=skip):
        if best and waiting(slot.starts_at, circumstances, policy) >= best.score.total:
            looked_until = slot.starts_at
            break
        if full_until(slot.room_id, slot.takings[0].during):
            kept.setdefault(slot.room_id, slot)
            continue
        scored = Scored(slot, score(slot, circumstances, policy))
        first.setdefault(slot.room_id, scored)
        if best is None or scored.score.total < best.score.total:
            best = scored
    return Found(
        chosen=best,
        first=first,
        earliest=first_start,
        looked_until=looked_until,
        kept=kept,
        windows=tuple(walk.windows),
    )


def find_slots(
    session: Session,
    exam: ScheduledProcedureStep,
    *,
    now: datetime,
    from_: datetime | None = None,
    until: datetime | None = None,
    room_id: int | None = None,
    site_id: int | None = None,
    day_part: tuple[time, time] | None = None,
    limit: int = 12,
) -> list[Slot]:
    """Return the first ``limit`` slots for a desk to choose from, in order of time.

    Args:
        session: Only read.
        exam: Which exam; its own present slot counts as free.
        now: Nothing earlier is offered.
        from_: Nothing before this is offered; None starts as soon as the patient can be there.
        until: Only starts before this; None looks 30 days ahead.
        room_id: Only this room; None searches all that can take the exam.
        site_id: Only rooms of this site.
        day_part: Only starts from the first up to, not including, the second wall-clock time.
        limit: How many.
    """
    assessment = assess(session, exam, now=now)
    begin = max(from_, now) if from_ else earliest_start(exam, assessment, now)
    start = begin + timedelta(minutes=assessment.plan.minutes_before)
    rooms = [
        one
        for one in assessment.eligible
        if room_id in {None, one.room.id} and site_id in {None, one.room.resource.site_id}
    ]
    walk = booked_walk(session, exam, assessment, rooms, now=now)
    end = until or start + _DESK_HORIZON
    slots = walk.slots(Interval(start, end), step_minutes=_DESK_STEP_MINUTES)
    return list(islice((one for one in slots if is_in(one, day_part)), limit))


def slots_around(
    session: Session,
    exam: ScheduledProcedureStep,
    wanted: datetime,
    *,
    now: datetime,
    room_id: int | None = None,
    limit: int = 12,
) -> list[Slot]:
    """Return the ``limit`` slots nearest to a time, nearest first; within a week of it."""
    for reach in _REACHES:
        found = find_slots(
            session,
            exam,
            now=now,
            from_=wanted - reach,
            until=wanted + reach,
            room_id=room_id,
            limit=_ALL,
        )
        if len(found) >= limit:
            break
    return sorted(found, key=lambda one: (abs(one.starts_at - wanted), one.room_code))[:limit]


def next_start(
    start: datetime, zone: ZoneInfo, day_part: tuple[time, time] | None
) -> datetime | None:
    """Return when the part of the day begins next; None where the start lies in it."""
    if day_part is None:
        return None
    first, last = day_part
    local = start.astimezone(zone)
    if first <= local.time() and (last == time(0) or local.time() < last):
        return None
    day = local.date() + timedelta(days=local.time() >= first)
    return datetime.combine(day, first, zone).astimezone(UTC)


def is_in(slot: Slot, day_part: tuple[time, time] | None) -> bool:
    """Return whether the slot starts within the part of the day, by the wall clock."""
    return next_start(slot.starts_at, slot.zone, day_part) is None


def slot_at(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    candidate: Candidate,
    starts_at: datetime,
    *,
    now: datetime,
) -> Slot | None:
    """Return the slot in this room at exactly this time, None where something is not free."""
    walk = booked_walk(session, exam, assessment, [candidate], now=now)
    minute = Interval(starts_at, starts_at + timedelta(minutes=1))
    return next(walk.slots(minute, step_minutes=1), None)


def earliest_start(exam: ScheduledProcedureStep, assessment: Assessment, now: datetime) -> datetime:
    """Return when the exam's first phase may begin at the earliest."""
    earliest = assessment.policy.earliest(exam.order, now)
    return max(earliest, assessment.not_before or earliest)


def circumstances_of(
    exam: ScheduledProcedureStep, assessment: Assessment, *, now: datetime
) -> Circumstances:
    """Return what the cost of the exam's slots depends on."""
    policy, order = assessment.policy, exam.order
    earliest = earliest_start(exam, assessment, now)
    comes_anyway = order.patient_class is PatientClass.OUTPATIENT and any(
        one.starts_at >= earliest for one in assessment.patient.exams
    )
    return Circumstances(
        priority=order.priority,
        ordered_at=order.ordered_at,
        earliest=earliest,
        misfits={one.room.id: one.misfit(policy) for one in assessment.eligible},
        site_id=exam.patient.preferred_site_id,
        day_part=policy.day_part(order.priority, order.patient_class),
        others=tuple(
            one
            for one in assessment.visits
            if comes_anyway and earliest <= one.starts_at <= earliest + _VISIT_DAYS
        ),
        not_liked=assessment.not_liked,
    )
