"""Search for slots in the real calendar, for workers (the best one) and for desks (a choice)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.catalogue.models import Resource, ResourceKind
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.availability import ResourceCalendar, free_resources, patient_taken
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.scheduling.slots import Slot, Surroundings, slots_in_room
from worklist.vocabulary import PatientClass, Priority

POLICY = Policy()
_DESK_STEP_MINUTES = 15


def first_slots(
    session: Session, exam: ScheduledProcedureStep, assessment: Assessment, *, now: datetime
) -> dict[int, Slot]:
    """Return the first slot of each eligible room that has one, by room id.

    The nearest horizon of the policy in which any room has a slot is the one used.
    """
    earliest = earliest_start(exam, assessment, now)
    for horizon in POLICY.horizons:
        window = Interval(earliest, max(now, earliest) + horizon)
        streams = room_slots(
            session,
            exam,
            assessment,
            assessment.eligible,
            window=window,
            step_minutes=POLICY.step_minutes,
            now=now,
        )
        found = {slot.room_id: slot for slot in (next(stream, None) for stream in streams) if slot}
        if found:
            return found
    return {}


def find_slots(
    session: Session,
    exam: ScheduledProcedureStep,
    *,
    now: datetime,
    from_: datetime | None = None,
    room_id: int | None = None,
    limit: int = 12,
) -> list[Slot]:
    """Return the first ``limit`` slots for a desk to choose from, in order of time.

    Args:
        session: Only read.
        exam: Which exam; its own present slot counts as free.
        now: Nothing earlier is offered.
        from_: Nothing before this is offered; None starts as soon as the patient can be there.
        room_id: Only this room; None searches all that can take the exam.
        limit: How many.
    """
    assessment = assess(session, exam, now=now)
    start = max(from_, now) if from_ else earliest_start(exam, assessment, now)
    rooms = [one for one in assessment.eligible if room_id in {None, one.room.id}]
    streams = room_slots(
        session,
        exam,
        assessment,
        rooms,
        window=Interval(start, start + POLICY.horizons[1]),
        step_minutes=_DESK_STEP_MINUTES,
        now=now,
    )
    ordered = merge(*streams, key=lambda slot: (slot.starts_at, slot.room_code))
    return list(islice(ordered, limit))


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
    begins = starts_at - timedelta(minutes=assessment.plan.minutes_before)
    ends = starts_at + timedelta(minutes=assessment.plan.room_minutes)
    (stream,) = room_slots(
        session,
        exam,
        assessment,
        [candidate],
        window=Interval(begins, ends),
        step_minutes=1,
        now=now,
    )
    return next((slot for slot in stream if slot.starts_at == starts_at), None)


def earliest_start(exam: ScheduledProcedureStep, assessment: Assessment, now: datetime) -> datetime:
    """Return when the exam's first phase may begin at the earliest."""
    earliest = POLICY.earliest(exam.order, now)
    return max(earliest, assessment.not_before or earliest)


def room_slots(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    rooms: Sequence[Candidate],
    *,
    window: Interval,
    step_minutes: int,
    now: datetime,
) -> list[Iterator[Slot]]:
    """Return one stream of slots for each room, in order of time."""
    wide = Interval(
        window.start - timedelta(minutes=assessment.plan.minutes_before),
        window.end + timedelta(days=1),
    )
    others = _other_resource_ids(session, assessment, rooms)
    calendars = free_resources(
        session,
        [*(one.room.id for one in rooms), *others],
        wide,
        now=now,
        purposes=_purposes(exam),
        ignored_exam_id=exam.id,
    )
    by_id = {calendar.id: calendar for calendar in calendars}
    taken = patient_taken(session, exam.patient_id, wide, ignored_exam_id=exam.id)
    return [
        slots_in_room(
            one.room,
            by_id[one.room.id],
            assessment.plan,
            Surroundings(_same_site(calendars, by_id[one.room.id]), taken, assessment.avoided),
            window=window,
            step_minutes=step_minutes,
        )
        for one in rooms
        if one.room.id in by_id
    ]


def _other_resource_ids(
    session: Session, assessment: Assessment, rooms: Sequence[Candidate]
) -> Sequence[int]:
    kinds = {need.kind for need in assessment.plan.needs}
    sites = {one.room.resource.site_id for one in rooms}
    if not kinds:
        return []
    return session.scalars(
        select(Resource.id).where(Resource.kind.in_(kinds), Resource.site_id.in_(sites))
    ).all()


def _same_site(
    calendars: Sequence[ResourceCalendar], room: ResourceCalendar
) -> list[ResourceCalendar]:
    return [
        one
        for one in calendars
        if one.site_id == room.site_id and one.kind is not ResourceKind.ROOM
    ]


def _purposes(exam: ScheduledProcedureStep) -> frozenset[str]:
    """Return the blocks' purposes that are open to the exam."""
    purposes = {str(exam.order.patient_class)}
    if exam.order.priority is Priority.STAT:
        purposes.add(PatientClass.EMERGENCY)
    if exam.procedure.screening:
        purposes.add("screening")
    return frozenset(purposes)
