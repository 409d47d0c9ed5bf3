"""Play a department through weeks of orders in virtual time.

An order is judged by the real rules and placed by the real search as soon as it comes. What is
booked is then lived through: patients who cancel, do not come or are late, exams that take
shorter or longer than booked, scanners that break down. What becomes free is offered to those who
wait; a STAT exam that would miss its target gets the slot of others, as a desk accepts it.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count

from worklist.rules.thresholds import Thresholds
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.scheduling.slots import Slot
from worklist.simulation.demand import Demand, Parameters
from worklist.simulation.department import Department
from worklist.simulation.displacing import displaced_for
from worklist.simulation.nightly import Nightly
from worklist.simulation.offering import book_sooner, sooner
from worklist.simulation.placing import Placing
from worklist.simulation.played import Played
from worklist.vocabulary import PatientClass, Priority

_NO_SHOW_HOLDS = timedelta(minutes=15)
_BREAKS = frozenset({"CT", "MR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A played run: every order, and each room's minutes staffed, used and over time.

    ``sites`` are the department's, with their ids.
    """

    name: str
    played: Sequence[Played]
    staffed: dict[str, float]
    used: dict[str, float]
    overtime: dict[str, float]
    unplaced: int
    sites: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What a department does besides choosing slots.

    Attributes:
        fixed_rooms: Each procedure has one room of those that could take it.
        waiting_list: Slots that become free are offered to exams placed later than their target.
        moves_for_stat: A STAT exam that would miss its target gets the slot of less urgent ones.
        nightly_replan: A better plan of the next two days is looked for every night, and accepted.
    """

    fixed_rooms: bool = False
    waiting_list: bool = True
    moves_for_stat: bool = True
    nightly_replan: bool = False


class Play:
    """One run of one policy; `run` returns what happened.

    Args:
        department: A fresh one: it is changed.
        policy: How slots are chosen.
        ways: What else the department does.
        thresholds: Of the rules.
        parameters: Chance's.
        seed: Of breakdowns and answers; orders bring their own chance.
        name: Of the result.
    """

    def __init__(
        self,
        department: Department,
        policy: Policy,
        parameters: Parameters,
        *,
        ways: Ways,
        thresholds: Thresholds,
        seed: int,
        name: str,
    ) -> None:
        self._department = department
        self._policy = policy
        self._parameters = parameters
        self._ways = ways
        self._placing = Placing(department, policy, thresholds, fixed_rooms=ways.fixed_rooms)
        self._nightly = Nightly(department, self._placing, effort=parameters.replan_effort)
        self._chance = random.Random(seed)  # noqa: S311 - a simulation, no secret
        self._answers = random.Random(seed + 1)  # noqa: S311 - same
        self._name = name
        self._events: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._order = count()
        self._played: list[Played] = []
        self._room_free: dict[int, datetime] = {}
        self._used: dict[str, float] = defaultdict(float)
        self._overtime: dict[str, float] = defaultdict(float)

    def run(self, orders: Sequence[Demand], window: Interval, *, staffed: timedelta) -> Result:
        """Play the orders, and the booked exams of the window, to their end.

        Staffed minutes are counted for ``staffed`` from the window's start.
        """
        for demand in orders:
            self._at(demand.ordered_at, partial(self._place_new, demand))
        for room in self._department.rooms:
            if _BREAKS & set(room.modalities):
                self._plan_breakdown(room.id, window.start, window.end)
        if self._ways.nightly_replan:
            self._at(self._next_night(window.start), self._plan_the_night)
        while self._events:
            now, _, happen = heappop(self._events)
            if now >= window.end:
                break
            happen(now)
        minutes = {
            room.code: sum(
                (one.end - one.start) / timedelta(minutes=1)
                for one in self._department.opening(
                    room.id, Interval(window.start, window.start + staffed)
                )
            )
            for room in self._department.rooms
        }
        return Result(
            name=self._name,
            played=self._played,
            staffed=minutes,
            used=dict(self._used),
            overtime=dict(self._overtime),
            sites=self._department.sites,
            unplaced=sum(one.slot is None and not one.cancelled for one in self._played),
        )

    def _at(self, when: datetime, happen: Callable[[datetime], None]) -> None:
        heappush(self._events, (when, next(self._order), happen))

    def _next_night(self, now: datetime) -> datetime:
        """Return the next two o'clock at night, when the product looks for a plan."""
        local = now.astimezone(self._department.zone)
        tonight = local.replace(hour=2, minute=0, second=0, microsecond=0)
        if tonight <= local:
            tonight += timedelta(days=1)
        return tonight.astimezone(UTC)

    def _plan_the_night(self, now: datetime) -> None:
        for played in self._nightly.run(self._played, now):
            played.times_replanned += 1
            self._await(played)
        self._at(self._next_night(now), self._plan_the_night)

    def _place_new(self, demand: Demand, now: datetime) -> None:
        policy = self._policy
        played = Played(demand, demand.ordered_at + policy.target[demand.priority])
        self._played.append(played)
        self._placing.expect(played)
        self._place(played, now)
        if demand.cancels and played.slot is not None:
            day_before = played.slot.starts_at - timedelta(hours=20)
            self._at(max(now, day_before), partial(self._cancel, played))

    def _place(self, played: Played, now: datetime) -> None:
        assessment, slot = self._placing.best(played, now)
        ready = self._placing.earliest(played.demand, assessment, now)
        ready += timedelta(minutes=assessment.plan.minutes_before)
        is_late = slot is None or slot.starts_at > max(played.due, ready)
        if is_late and self._displaces(played, now):
            return
        if slot is not None:
            self._placing.book(played, assessment, slot)
            self._await(played)
        if is_late and self._ways.waiting_list:
            played.waits_since = now

    def _displaces(self, played: Played, now: datetime) -> bool:
        """Give a STAT exam the slot of others, and place those anew."""
        if not self._ways.moves_for_stat or played.demand.priority is not Priority.STAT:
            return False
        moved = displaced_for(self._placing, played, self._played, now)
        if moved is None:
            return False
        self._await(played)
        for one in moved:
            one.times_displaced += 1
            self._place(one, now)
        return True

    def _await(self, played: Played) -> None:
        """Let the exam begin at its time."""
        if played.slot is not None:
            self._at(played.slot.starts_at, partial(self._begin, played, played.slot))

    def _cancel(self, played: Played, now: datetime) -> None:
        if played.is_to_come:
            self._give_back(played, now)
            played.cancelled = True

    def _give_back(self, played: Played, now: datetime) -> None:
        freed = played.slot
        self._placing.give_back(played)
        if freed is not None:
            self._offer(freed, now)

    def _offer(self, freed: Slot, now: datetime) -> None:
        """Offer a freed slot to the first who waits and can take it; the answer takes a while."""
        if not self._ways.waiting_list:
            return
        waiting = [one for one in self._played if one.waits_since is not None and not one.cancelled]
        found = sooner(self._placing, waiting, freed, now)
        if found is None:
            return
        played, slot = found
        outpatient = played.demand.patient_class is PatientClass.OUTPATIENT
        takes = not outpatient or self._answers.random() < self._parameters.accepts
        minutes = self._answers.uniform(*self._parameters.answers_within) if outpatient else 0.0
        answered = now + timedelta(minutes=minutes)
        self._at(answered, partial(self._answer, played, slot, freed, takes))

    def _answer(self, played: Played, slot: Slot, freed: Slot, takes: bool, now: datetime) -> None:  # noqa: FBT001 - bound by partial
        before = played.slot
        can = takes and not played.cancelled and (played.is_to_come or before is None)
        if not can or not book_sooner(self._placing, played, slot, now):
            self._offer(freed, now)
            return
        played.times_sooner += 1
        played.waits_since = None
        self._await(played)
        if before is not None:
            self._offer(before, now)

    def _begin(self, played: Played, slot: Slot, _now: datetime) -> None:
        """Let a booked exam come about, unless it was moved, cancelled or given up."""
        if played.slot is not slot:
            return
        demand = played.demand
        free_at = self._room_free.get(slot.room_id, slot.starts_at)
        if not demand.comes:
            played.missed = True
            self._room_free[slot.room_id] = max(free_at, slot.starts_at + _NO_SHOW_HOLDS)
            return
        late = timedelta(minutes=max(0.0, demand.late_minutes))
        booked = slot.ends_at - slot.starts_at
        if demand.patient_class is not PatientClass.OUTPATIENT:
            late = timedelta(0)
        played.began = max(slot.starts_at + late, free_at)
        played.ended = played.began + booked * demand.true_share
        turnover = slot.takings[0].during.end - slot.ends_at
        self._room_free[slot.room_id] = played.ended + turnover
        self._count(played, slot)

    def _count(self, played: Played, slot: Slot) -> None:
        assert played.began is not None  # noqa: S101 - set just before
        assert played.ended is not None  # noqa: S101 - same
        minute = timedelta(minutes=1)
        self._used[slot.room_code] += (played.ended - played.began) / minute
        around = Interval(slot.starts_at, slot.starts_at + timedelta(days=2))
        closing = next(iter(self._department.opening(slot.room_id, around))).end
        over = (played.ended - max(played.began, closing)) / minute
        self._overtime[slot.room_code] += max(0.0, over)

    def _plan_breakdown(self, room_id: int, after: datetime, end: datetime) -> None:
        days = self._chance.expovariate(1 / self._parameters.breakdown_days)
        hours = self._chance.uniform(*self._parameters.breakdown_hours)
        begins = after + timedelta(days=days)
        if begins < end:
            during = Interval(begins, begins + timedelta(hours=hours))
            self._at(begins, partial(self._break, room_id, during))
            self._plan_breakdown(room_id, during.end, end)

    def _break(self, room_id: int, during: Interval, now: datetime) -> None:
        """Close the room, and place those anew who were booked in it, most urgent first."""
        self._department.close(room_id, during)
        displaced = [
            one
            for one in self._played
            if one.is_to_come
            and one.slot is not None
            and one.slot.room_id == room_id
            and during.overlaps(Interval(one.slot.starts_at, one.slot.ends_at))
        ]
        for played in sorted(displaced, key=lambda one: one.demand.priority.rank):
            self._placing.give_back(played)
            played.times_moved += 1
            self._place(played, now)
