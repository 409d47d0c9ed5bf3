"""Several exams of one patient in one visit: one day, one site, in order, with little waiting."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations

from sqlalchemy.orm import Session

from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.intervals import Interval
from worklist.scheduling.search import earliest_start, is_in
from worklist.scheduling.slots import Slot
from worklist.scheduling.walk import booked_walk

_STEP_MINUTES = 15
_MOST_EXAMS = 4


@dataclass(frozen=True, slots=True)
class Visit:
    """One slot for each exam, in order of time; ``exam_ids`` names whose."""

    exam_ids: tuple[int, ...]
    slots: tuple[Slot, ...]

    @property
    def length(self) -> timedelta:
        """From entering the first room to leaving the last."""
        return self.slots[-1].ends_at - self.slots[0].starts_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """How long the patient may rest between two exams, at least and at most."""

    least: timedelta = timedelta(0)
    most: timedelta = timedelta(hours=2)


def find_visits(
    session: Session,
    exams: Sequence[ScheduledProcedureStep],
    *,
    now: datetime,
    from_: datetime | None = None,
    in_order: bool = False,
    gaps: Gaps | None = None,
    days: int = 30,
    limit: int = 5,
) -> list[Visit]:
    """Return the visit that ends earliest of each of the first days that have one.

    Args:
        session: Only read.
        exams: Two to four exams of one patient.
        now: Nothing earlier is offered.
        from_: Nothing before this is offered.
        in_order: Whether the exams follow each other as given; else any order will do.
        gaps: How long the patient rests between two exams.
        days: How far ahead to look.
        limit: How many visits.

    Raises:
        ValueError: fewer than two or more than four exams, or of different patients.
    """
    if not 1 < len(exams) <= _MOST_EXAMS or len({one.patient_id for one in exams}) > 1:
        raise ValueError("A visit has two to four exams of one patient.")
    assessed = [(exam, assess(session, exam, now=now)) for exam in exams]
    start = max(from_ or now, *(earliest_start(exam, found, now) for exam, found in assessed))
    walks = [
        _by_day(session, exam, found, start=start, days=days, now=now) for exam, found in assessed
    ]
    visits: list[Visit] = []
    for day in sorted(set.intersection(*(set(one) for one in walks))):
        found = _best_of_day(
            [exam.id for exam in exams],
            [one[day] for one in walks],
            [one.plan.minutes_before for _, one in assessed],
            in_order=in_order,
            gaps=gaps or Gaps(),
        )
        if found:
            visits.append(found)
        if len(visits) == limit:
            break
    return visits


def _by_day(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    *,
    start: datetime,
    days: int,
    now: datetime,
) -> dict[tuple[object, int], list[Slot]]:
    """Return the exam's slots by day and site, in the part of the day of such exams."""
    walk = booked_walk(session, exam, assessment, assessment.eligible, now=now)
    first = start + timedelta(minutes=assessment.plan.minutes_before)
    window = Interval(first, first + min(timedelta(days=days), assessment.policy.horizon))
    day_part = assessment.policy.day_part(exam.order.priority, exam.order.patient_class)
    result: dict[tuple[object, int], list[Slot]] = {}
    for slot in walk.slots(window, step_minutes=_STEP_MINUTES):
        if not is_in(slot, day_part):
            continue
        day = slot.starts_at.astimezone(slot.zone).date()
        result.setdefault((day, slot.site_id), []).append(slot)
    return result


def _best_of_day(
    ids: Sequence[int],
    slots: Sequence[Sequence[Slot]],
    before: Sequence[int],
    *,
    in_order: bool,
    gaps: Gaps,
) -> Visit | None:
    indexes = range(len(ids))
    orders = [tuple(indexes)] if in_order else list(permutations(indexes))
    found = [
        Visit(tuple(ids[index] for index in order), chain)
        for order in orders
        for chain in _chains([slots[one] for one in order], [before[one] for one in order], gaps)
    ]
    return min(found, key=lambda one: (one.slots[-1].ends_at, one.length), default=None)


def _chains(
    slots: Sequence[Sequence[Slot]], before: Sequence[int], gaps: Gaps
) -> Iterator[tuple[Slot, ...]]:
    """Yield for each first slot the chain in which every exam follows as soon as it can."""
    for first in slots[0]:
        chain = [first]
        for following, minutes in zip(slots[1:], before[1:], strict=True):
            ready = chain[-1].ends_at + gaps.least + timedelta(minutes=minutes)
            latest = chain[-1].ends_at + gaps.most + timedelta(minutes=minutes)
            slot = next((one for one in following if ready <= one.starts_at <= latest), None)
            if slot is None or _shares(slot, chain):
                break
            chain.append(slot)
        else:
            yield tuple(chain)


def _shares(slot: Slot, chain: Sequence[Slot]) -> bool:
    """Return whether the slot needs a resource while one of the chain's slots has it."""
    return any(
        mine.resource_id == other.resource_id and mine.during.overlaps(other.during)
        for one in chain
        for other in one.takings
        for mine in slot.takings
    )
