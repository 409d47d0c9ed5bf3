"""Play a department through weeks of orders in virtual time.

An order is judged by the real rules and placed by the real search as soon as it comes. What is
booked is then lived through: patients who cancel, do not come or are late, exams that take
shorter or longer than booked, scanners that break down.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from zoneinfo import ZoneInfo

from worklist.rules.evaluate import evaluate_exam
from worklist.rules.findings import Delay
from worklist.rules.parameters import shipped
from worklist.scheduling.assessment import Assessment
from worklist.scheduling.candidates import Candidate, candidates
from worklist.scheduling.intervals import Interval
from worklist.scheduling.phases import plan
from worklist.scheduling.policy import Policy
from worklist.scheduling.score import Circumstances
from worklist.scheduling.search import choose
from worklist.scheduling.slots import Slot
from worklist.scheduling.walk import Walk
from worklist.simulation.demand import Demand, Parameters
from worklist.simulation.department import Department
from worklist.vocabulary import PatientClass

_NO_SHOW_HOLDS = timedelta(minutes=15)
_BREAKS = frozenset({"CT", "MR"})
_THRESHOLDS = shipped()


@dataclass(slots=True)
class Played:
    """What became of one order."""

    demand: Demand
    earliest: datetime
    due: datetime
    slot: Slot | None = None
    intervals: list[Interval] = field(default_factory=list)
    began: datetime | None = None
    ended: datetime | None = None
    missed: bool = False
    cancelled: bool = False
    times_moved: int = 0

    @property
    def waited(self) -> timedelta | None:
        """From the order to the beginning, where the exam was done."""
        return self.began - self.demand.ordered_at if self.began else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A played run: every order, and each room's minutes staffed, used and over time."""

    name: str
    played: Sequence[Played]
    staffed: dict[str, float]
    used: dict[str, float]
    overtime: dict[str, float]
    unplaced: int


class Play:
    """One run of one policy; `run` returns what happened.

    Args:
        department: A fresh one: it is changed.
        policy: How slots are chosen.
        parameters: Chance's.
        fixed_rooms: Whether each procedure has one room of those that could take it.
        seed: Of breakdowns; orders bring their own chance.
        name: Of the result.
    """

    def __init__(
        self,
        department: Department,
        policy: Policy,
        parameters: Parameters,
        *,
        fixed_rooms: bool,
        seed: int,
        name: str,
    ) -> None:
        self._department = department
        self._policy = policy
        self._parameters = parameters
        self._fixed_rooms = fixed_rooms
        self._chance = random.Random(seed)  # noqa: S311 - a simulation, no secret
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
            unplaced=sum(one.slot is None and not one.cancelled for one in self._played),
        )

    def _at(self, when: datetime, happen: Callable[[datetime], None]) -> None:
        heappush(self._events, (when, next(self._order), happen))

    def _place_new(self, demand: Demand, now: datetime) -> None:
        policy = self._policy
        notice = timedelta(0)
        if demand.patient_class is PatientClass.OUTPATIENT:
            notice = policy.notice[demand.priority]
        played = Played(demand, now + notice, demand.ordered_at + policy.target[demand.priority])
        self._played.append(played)
        self._place(played, now)
        if demand.cancels and played.slot is not None:
            day_before = played.slot.starts_at - timedelta(hours=20)
            self._at(max(now, day_before), partial(self._cancel, played))

    def _place(self, played: Played, now: datetime) -> None:
        demand = played.demand
        assessment = self._assess(demand, now)
        rooms = self._rooms_for(assessment, demand)
        view = self._department.seen_by(
            demand.number, {need.kind for need in assessment.plan.needs}, [r.room.id for r in rooms]
        )
        circumstances = Circumstances(
            priority=demand.priority,
            ordered_at=demand.ordered_at,
            earliest=max(played.earliest, assessment.not_before or now, now),
            misfits={one.room.id: one.misfit(self._policy) for one in rooms},
            day_part=self._policy.day_part(demand.priority, demand.patient_class),
            not_liked=assessment.not_liked,
        )
        found = choose(
            Walk(view, assessment, rooms),
            assessment,
            circumstances,
            now=now,
            policy=self._policy,
        )
        if found.chosen is None:
            return
        played.slot = found.chosen.slot
        played.intervals = assessment.plan.patient_intervals(played.slot.starts_at)
        self._department.take(played.slot, demand.number, played.intervals)
        self._at(played.slot.starts_at, partial(self._begin, played, played.slot))

    def _assess(self, demand: Demand, now: datetime) -> Assessment:
        rooms = self._department.rooms_of(demand.procedure.modality)
        exam = demand.exam
        zone = ZoneInfo(rooms[0].resource.site.time_zone) if rooms else ZoneInfo("UTC")
        findings = evaluate_exam(demand.patient, exam, _THRESHOLDS, now.astimezone(zone))
        return Assessment(
            patient=demand.patient,
            exam=exam,
            findings=findings,
            entries=(),
            questions=(),
            plan=plan(demand.procedure, findings),
            candidates=tuple(
                candidates(
                    rooms,
                    demand.procedure.required_capabilities,
                    turnover_minutes=demand.procedure.turnover_minutes,
                    patient=demand.patient,
                    exam=exam,
                    findings=findings,
                    thresholds=_THRESHOLDS,
                )
            ),
            not_before=max(
                (one.not_before for one in findings if isinstance(one, Delay)), default=None
            ),
            avoided=(),
            not_liked=(),
            zone=zone,
            policy=self._policy,
        )

    def _rooms_for(self, assessment: Assessment, demand: Demand) -> list[Candidate]:
        """Return the rooms to search: all that can take the exam, or the procedure's one."""
        eligible = list(assessment.eligible)
        if self._fixed_rooms and eligible:
            number = sum(demand.procedure.code.encode())
            return [eligible[number % len(eligible)]]
        return eligible

    def _cancel(self, played: Played, _now: datetime) -> None:
        if played.slot is not None and played.began is None and not played.missed:
            self._give_back(played)
            played.cancelled = True

    def _give_back(self, played: Played) -> None:
        assert played.slot is not None  # noqa: S101 - the callers know
        self._department.give_back(played.slot, played.demand.number, played.intervals)
        played.slot = None

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
            if one.slot is not None
            and one.began is None
            and not one.missed
            and one.slot.room_id == room_id
            and one.slot.starts_at < during.end
            and one.slot.ends_at > during.start
        ]
        for played in sorted(displaced, key=lambda one: one.demand.priority.rank):
            self._give_back(played)
            played.times_moved += 1
            self._place(played, now)
