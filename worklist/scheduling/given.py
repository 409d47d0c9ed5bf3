"""Book as somebody else has decided: orders and appointments that come with room and time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from worklist.catalogue.models import Resource, Room, Station
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNPLACED, WITH_SLOT
from worklist.orders.steps import OrderStateError
from worklist.scheduling import booking
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.attempts import Attempt, keep
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.intervals import Interval
from worklist.scheduling.models import PlacementOutcome
from worklist.scheduling.phases import ROOM_PHASE
from worklist.scheduling.placement import sync_holds
from worklist.scheduling.search import slot_at
from worklist.scheduling.slots import Slot, Taking
from worklist.scheduling.wording import moment


@dataclass(frozen=True, slots=True)
class GivenOutcome:
    """Whether the exam has the room and time given, and what stands against them, in words."""

    booked: bool
    objections: tuple[str, ...] = ()


def find_room(session: Session, names: Sequence[str]) -> tuple[Room, Station | None] | None:
    """Return the room that the first fitting name means: AE title, station, room code or name."""
    for name in names:
        station = session.scalar(
            select(Station)
            .where(Station.active, or_(Station.ae_title == name, Station.name == name))
            .order_by((Station.ae_title == name).desc(), Station.id)
            .limit(1)
        )
        if station is not None:
            return station.room, station
        room = session.scalar(
            select(Room)
            .join(Resource)
            .where(Resource.active, or_(Resource.code == name, Resource.name == name))
            .order_by(Resource.id)
            .limit(1)
        )
        if room is not None:
            return room, None
    return None


def book_as_given(
    session: Session,
    exam: ScheduledProcedureStep,
    room: Room,
    *,
    station: Station | None = None,
    starts_at: datetime,
    minutes: int | None = None,
    actor: str,
    now: datetime,
) -> GivenOutcome:
    """Give the exam this room and time although a rule may speak against it.

    What a rule or the calendar objects to is returned, kept with the placement, and asked as an
    open question where it is one. Nobody is in two places: where the room or the patient is taken
    then, the exam has no slot, keeps the reason, and waits for a person.

    Args:
        session: In a transaction.
        exam: Which exam.
        room: Where.
        station: Which scanner of the room; None takes the room's own for the modality.
        starts_at: When the patient enters the room.
        minutes: How long the stay is; None is what procedure and rules need.
        actor: Who decided.
        now: The time.

    Raises:
        OrderStateError: the exam has started or is over.
    """
    if exam.status not in UNPLACED | WITH_SLOT:
        raise OrderStateError(
            _("The exam is %(status)s: its room and time stay as they are.", status=exam.status)
        )
    if _has(exam, room, starts_at, minutes):
        return GivenOutcome(booked=True)
    assessment = assess(session, exam, now=now)
    candidate = next((one for one in assessment.candidates if one.room.id == room.id), None)
    slot: Slot | None = None
    if candidate is not None and minutes in {None, assessment.plan.room_minutes}:
        slot = slot_at(session, exam, assessment, candidate, starts_at, now=now)
    objections = (
        *_objections_of_rules(exam, assessment, candidate, room),
        *_objections_of_time(assessment, starts_at, now),
        *_objections_of_calendar(room, candidate, slot),
    )
    for wanted in (slot,) if slot else _bare_slots(assessment, room, starts_at, minutes):
        if booking.take(session, exam, room, wanted, assessment.plan, actor=actor, now=now):
            if station is not None:
                exam.station_id = station.id
            sync_holds(session, exam, assessment.questions, actor=actor, now=now)
            _explain(session, exam, assessment, wanted, objections, actor=actor, now=now)
            return GivenOutcome(booked=True, objections=objections)
    taken = _(
        "%(code)s on %(moment)s was asked for, but the room or the patient is taken "
        "then: agree on another time.",
        code=room.code,
        moment=moment(starts_at, assessment.zone),
    )
    exam.automatic_placement = False
    booking.unschedule(session, exam, reason=taken, actor=actor, now=now)
    return GivenOutcome(booked=False, objections=(taken, *objections))


def _has(
    exam: ScheduledProcedureStep, room: Room, starts_at: datetime, minutes: int | None
) -> bool:
    if exam.room_id != room.id or exam.starts_at != starts_at or exam.ends_at is None:
        return False
    return minutes is None or exam.ends_at - starts_at == timedelta(minutes=minutes)


def _bare_slots(
    assessment: Assessment, room: Room, starts_at: datetime, minutes: int | None
) -> Iterable[Slot]:
    """Return the room alone, with its turnover, then without."""
    ends_at = starts_at + timedelta(minutes=minutes or assessment.plan.room_minutes)
    for turnover in dict.fromkeys((room.turnover_minutes, 0)):
        during = Interval(starts_at, ends_at + timedelta(minutes=turnover))
        yield Slot(
            room_id=room.id,
            room_code=room.code,
            room_name=room.name,
            site_id=room.resource.site_id,
            zone=assessment.zone,
            starts_at=starts_at,
            ends_at=ends_at,
            takings=(Taking(resource_id=room.id, phase=ROOM_PHASE, during=during),),
            gaps=(0, 0),
        )


def _objections_of_rules(
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    candidate: Candidate | None,
    room: Room,
) -> Iterable[str]:
    yield from (finding.text for finding in assessment.blocks)
    yield from (hold.question for hold in assessment.holds)
    if candidate is None:
        yield _("%(code)s does not do %(modality)s.", code=room.code, modality=exam.modality)
    else:
        yield from candidate.obstacles


def _objections_of_time(
    assessment: Assessment, starts_at: datetime, now: datetime
) -> Iterable[str]:
    if assessment.not_before and starts_at < assessment.not_before:
        yield _(
            "A rule wants it not before %(moment)s.",
            moment=moment(assessment.not_before, assessment.zone),
        )
    if starts_at < now:
        yield _("This time is past.")


def _objections_of_calendar(
    room: Room, candidate: Candidate | None, slot: Slot | None
) -> Iterable[str]:
    if candidate is not None and slot is None:
        yield _("%(code)s is not open then, or what the exam needs is not free.", code=room.code)


def _explain(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    slot: Slot,
    objections: tuple[str, ...],
    *,
    actor: str,
    now: datetime,
) -> None:
    when = moment(slot.starts_at, assessment.zone)
    summary: str = _(
        "%(room_code)s on %(when)s: given by %(partition)s.",
        room_code=slot.room_code,
        when=when,
        partition=actor.partition(":")[2],
    )
    if objections:
        against = _("Against it: %(objections)s", objections=" ".join(objections))
        summary = f"{summary} {against}"
    placed = Attempt(PlacementOutcome.PLACED, summary, chosen=slot)
    keep(session, exam, assessment, placed, actor=actor, now=now)
