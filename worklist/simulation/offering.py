"""To whom a simulated desk offers a slot that became free, in the waiting list's order."""

from collections.abc import Iterable
from datetime import datetime

from worklist.scheduling.intervals import Interval
from worklist.scheduling.slots import Slot
from worklist.scheduling.waiting.ranking import rank, starts_worth_offering
from worklist.simulation.placing import Placing
from worklist.simulation.played import Played


def sooner(
    placing: Placing, waiting: Iterable[Played], freed: Slot, now: datetime
) -> tuple[Played, Slot] | None:
    """Return whom to offer a freed slot next, in the waiting list's order, and what exactly."""
    key = (freed.room_id, freed.starts_at)
    ranked = sorted(
        (one for one in waiting if key not in one.asked and (one.is_to_come or not one.slot)),
        key=lambda one: (
            *rank(one.starts_at, one.due, one.demand.priority, now),
            one.waits_since,
            one.demand.number,
        ),
    )
    for played in ranked:
        slot = slot_within(placing, played, freed, now)
        if slot is not None:
            played.asked.add(key)
            return played, slot
    return None


def slot_within(placing: Placing, played: Played, freed: Slot, now: datetime) -> Slot | None:
    """Return the exam's slot that begins in the freed one and is worth coming sooner."""
    if freed.ends_at <= now:
        return None
    assessment = placing.assess(played.demand, now)
    candidate = next(
        (
            one
            for one in placing.rooms_for(assessment, played.demand)
            if one.room.id == freed.room_id
        ),
        None,
    )
    if candidate is None:
        return None
    starts = starts_worth_offering(
        Interval(freed.starts_at, freed.ends_at),
        present=played.starts_at,
        notice=placing.policy.notice[played.demand.priority],
        not_before=assessment.not_before,
        now=now,
    )
    walk = placing.walk(played.demand, assessment, [candidate], now)
    return next(walk.slots(starts, step_minutes=placing.policy.step_minutes), None)


def book_sooner(placing: Placing, played: Played, slot: Slot, now: datetime) -> bool:
    """Move the exam to the slot that it was offered, if that is still free."""
    found = slot_within(placing, played, slot, now)
    if found is None or found.starts_at != slot.starts_at:
        return False
    placing.book(played, placing.assess(played.demand, now), found)
    return True
