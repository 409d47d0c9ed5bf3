"""Whom a simulated desk moves for a STAT exam that would miss its target."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from worklist.scheduling.assessment import Assessment
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.displacement import MOST_MOVED, STEP, weight
from worklist.scheduling.intervals import Interval, round_up
from worklist.simulation.placing import Placing
from worklist.simulation.played import Played
from worklist.vocabulary import PatientClass

_A_MINUTE = timedelta(minutes=1)


def displaced_for(
    placing: Placing, urgent: Played, others: Iterable[Played], now: datetime
) -> list[Played] | None:
    """Give the urgent exam a slot within its target by moving less urgent ones, least harm.

    Those moved have no slot afterwards. None, and nothing changed, where there is no way.
    """
    assessment = placing.assess(urgent.demand, now)
    booked = [one for one in others if one.is_to_come and one.slot is not None]
    earliest = placing.earliest(urgent.demand, assessment, now)
    earliest += timedelta(minutes=assessment.plan.minutes_before)
    due = max(urgent.due, earliest + STEP)
    ways: list[tuple[float, datetime, Candidate, list[Played]]] = []
    for candidate in placing.rooms_for(assessment, urgent.demand):
        in_room = [one for one in booked if one.slot and one.slot.room_id == candidate.room.id]
        start = round_up(earliest, placing.policy.step_minutes)
        while start <= due:
            moved = _to_move(urgent, assessment, candidate, in_room, start)
            if moved:
                cost = sum(_weight(one, now) for one in moved)
                ways.append((cost, start, candidate, moved))
            start += STEP
    for _, start, candidate, moved in sorted(ways, key=lambda way: way[:2]):
        if _take_from(placing, urgent, assessment, candidate, moved, start=start, now=now):
            return moved
    return None


def _to_move(
    urgent: Played,
    assessment: Assessment,
    candidate: Candidate,
    in_room: Iterable[Played],
    start: datetime,
) -> list[Played]:
    """Return who is in the way of a start, empty where somebody must stay or nobody is."""
    minutes = assessment.plan.room_minutes + candidate.turnover_minutes
    stay = Interval(start, start + minutes * _A_MINUTE)
    moved = [one for one in in_room if one.slot and one.slot.takings[0].during.overlaps(stay)]
    rank_of = urgent.demand.priority.rank
    if len(moved) > MOST_MOVED or any(one.demand.priority.rank <= rank_of for one in moved):
        return []
    return moved


def _take_from(
    placing: Placing,
    urgent: Played,
    assessment: Assessment,
    candidate: Candidate,
    moved: Sequence[Played],
    *,
    start: datetime,
    now: datetime,
) -> bool:
    kept = [(one, one.slot, one.intervals) for one in moved]
    for one in moved:
        placing.give_back(one)
    walk = placing.walk(urgent.demand, assessment, [candidate], now)
    slot = next(walk.slots(Interval(start, start + _A_MINUTE), step_minutes=1), None)
    if slot is None:
        for one, had, intervals in kept:
            if had is not None:
                placing.take_back(one, had, intervals)
        return False
    placing.book(urgent, assessment, slot)
    return True


def _weight(played: Played, now: datetime) -> float:
    outpatient = played.demand.patient_class is PatientClass.OUTPATIENT
    return weight(played.demand.priority, played.starts_at, outpatient=outpatient, now=now)
