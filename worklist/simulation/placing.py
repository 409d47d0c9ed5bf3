"""Place the orders of a simulation by the product's own rules, search and waiting list."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from worklist.rules.facts import PastExam, PatientFacts
from worklist.rules.thresholds import Thresholds
from worklist.scheduling.assessment import Assessment, judge
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.displacement import MOST_MOVED, STEP, weight
from worklist.scheduling.intervals import Interval, round_up
from worklist.scheduling.policy import Policy
from worklist.scheduling.purposes import open_purposes
from worklist.scheduling.replanning.tasks import Movable
from worklist.scheduling.score import Circumstances, OtherExam
from worklist.scheduling.search import choose
from worklist.scheduling.slots import Slot
from worklist.scheduling.waiting.ranking import rank, starts_worth_offering
from worklist.scheduling.walk import Walk
from worklist.simulation.demand import Demand
from worklist.simulation.department import Department
from worklist.vocabulary import PatientClass

_A_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Played:
    """What became of one order."""

    demand: Demand
    earliest: datetime
    due: datetime
    slot: Slot | None = None
    intervals: list[Interval] = field(default_factory=list)
    waits_since: datetime | None = None
    asked: set[tuple[int, datetime]] = field(default_factory=set)
    began: datetime | None = None
    ended: datetime | None = None
    missed: bool = False
    cancelled: bool = False
    times_moved: int = 0
    times_displaced: int = 0
    times_sooner: int = 0
    times_replanned: int = 0

    @property
    def waited(self) -> timedelta | None:
        """From the order to the beginning, where the exam was done."""
        return self.began - self.demand.ordered_at if self.began else None

    @property
    def starts_at(self) -> datetime | None:
        """When it is booked for."""
        return self.slot.starts_at if self.slot is not None else None

    @property
    def is_to_come(self) -> bool:
        """Whether it is booked and has not begun."""
        return self.slot is not None and self.began is None and not self.missed


class Placing:
    """Finds slots in a department for one policy; what it books and gives back is written there.

    Args:
        department: Is changed.
        policy: How slots are chosen.
        thresholds: Of the rules.
        fixed_rooms: Whether each procedure has one room of those that could take it.
    """

    def __init__(
        self, department: Department, policy: Policy, thresholds: Thresholds, *, fixed_rooms: bool
    ) -> None:
        self._department = department
        self._policy = policy
        self._thresholds = thresholds
        self._fixed_rooms = fixed_rooms
        self._of_patient: dict[int, list[Played]] = defaultdict(list)

    def expect(self, played: Played) -> None:
        """Know of an order: the patient's other exams are judged and placed with it in view."""
        self._of_patient[played.demand.patient_number].append(played)

    def best(self, played: Played, now: datetime) -> tuple[Assessment, Slot | None]:
        """Return what the rules say, and the slot that costs least."""
        demand = played.demand
        assessment = self._assess(demand, now)
        rooms = self._rooms_for(assessment, demand)
        comes = demand.patient_class is PatientClass.OUTPATIENT
        circumstances = Circumstances(
            priority=demand.priority,
            ordered_at=demand.ordered_at,
            earliest=max(played.earliest, assessment.not_before or now, now),
            misfits={one.room.id: one.misfit(self._policy) for one in rooms},
            day_part=self._policy.day_part(demand.priority, demand.patient_class),
            not_liked=assessment.not_liked,
            site_id=self._department.sites.get(demand.site or ""),
            others=[
                OtherExam(one.site_id, one.starts_at) for one in self._other_slots(demand) if comes
            ],
        )
        walk = self._walk(demand, assessment, rooms, now)
        found = choose(walk, assessment, circumstances, now=now)
        return assessment, found.chosen.slot if found.chosen else None

    def book(self, played: Played, assessment: Assessment, slot: Slot) -> None:
        """Take the slot; one that the exam had is given back first."""
        if played.slot is not None:
            self.give_back(played)
        played.slot = slot
        played.intervals = assessment.plan.patient_intervals(slot.starts_at)
        self._department.take(slot, played.demand.patient_number, played.intervals)

    def give_back(self, played: Played) -> None:
        """Give the exam's slot back."""
        if played.slot is not None:
            self._department.give_back(played.slot, played.demand.patient_number, played.intervals)
            played.slot = None

    def displaced_for(
        self, urgent: Played, others: Iterable[Played], now: datetime
    ) -> list[Played] | None:
        """Give the urgent exam a slot within its target by moving less urgent ones, least harm.

        Those moved have no slot afterwards. None, and nothing changed, where there is no way.
        """
        assessment = self._assess(urgent.demand, now)
        booked = [one for one in others if one.is_to_come and one.slot is not None]
        earliest = max(urgent.earliest, assessment.not_before or now, now)
        earliest += timedelta(minutes=assessment.plan.minutes_before)
        due = max(urgent.due, earliest + STEP)
        ways: list[tuple[float, datetime, Candidate, list[Played]]] = []
        for candidate in self._rooms_for(assessment, urgent.demand):
            in_room = [one for one in booked if one.slot and one.slot.room_id == candidate.room.id]
            start = round_up(earliest, self._policy.step_minutes)
            while start <= due:
                moved = self._to_move(urgent, assessment, candidate, in_room, start)
                if moved:
                    cost = sum(_weight(one, now) for one in moved)
                    ways.append((cost, start, candidate, moved))
                start += STEP
        for _, start, candidate, moved in sorted(ways, key=lambda way: way[:2]):
            if self._take_from(urgent, assessment, candidate, moved, start, now=now):
                return moved
        return None

    def sooner(
        self, waiting: Iterable[Played], freed: Slot, now: datetime
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
            slot = self.slot_within(played, freed, now)
            if slot is not None:
                played.asked.add(key)
                return played, slot
        return None

    def slot_within(self, played: Played, freed: Slot, now: datetime) -> Slot | None:
        """Return the exam's slot that begins in the freed one and is worth coming sooner."""
        if freed.ends_at <= now:
            return None
        assessment = self._assess(played.demand, now)
        candidate = next(
            (
                one
                for one in self._rooms_for(assessment, played.demand)
                if one.room.id == freed.room_id
            ),
            None,
        )
        if candidate is None:
            return None
        starts = starts_worth_offering(
            Interval(freed.starts_at, freed.ends_at),
            present=played.starts_at,
            notice=self._policy.notice[played.demand.priority],
            not_before=assessment.not_before,
            now=now,
        )
        walk = self._walk(played.demand, assessment, [candidate], now)
        return next(walk.slots(starts, step_minutes=self._policy.step_minutes), None)

    def book_sooner(self, played: Played, slot: Slot, now: datetime) -> bool:
        """Move the exam to the slot that it was offered, if that is still free."""
        found = self.slot_within(played, slot, now)
        if found is None or found.starts_at != slot.starts_at:
            return False
        self.book(played, self._assess(played.demand, now), found)
        return True

    def take_back(self, played: Played, slot: Slot, intervals: list[Interval]) -> None:
        """Undo `give_back`."""
        played.slot, played.intervals = slot, intervals
        self._department.take(slot, played.demand.patient_number, intervals)

    def book_at(self, played: Played, room_id: int, starts_at: datetime, now: datetime) -> bool:
        """Book a room at a time, if all that the exam needs is free then."""
        assessment = self._assess(played.demand, now)
        candidates = [one for one in assessment.eligible if one.room.id == room_id]
        walk = self._walk(played.demand, assessment, candidates, now)
        start = Interval(starts_at, starts_at + _A_MINUTE)
        slot = next(walk.slots(start, step_minutes=1), None)
        if slot is None:
            return False
        self.book(played, assessment, slot)
        return True

    def as_movable(self, played: Played, now: datetime) -> Movable:
        """Return a booked exam as a re-plan looks at it."""
        demand = played.demand
        assessment = self._assess(demand, now)
        return Movable(
            id=demand.number,
            patient_id=demand.patient_number,
            room_id=played.slot.room_id if played.slot else None,
            starts_at=played.starts_at,
            ordered_at=demand.ordered_at,
            priority=demand.priority,
            patient_class=demand.patient_class,
            earliest=max(played.earliest, assessment.not_before or now, now),
            purposes=_purposes(demand),
            assessment=assessment,
        )

    def _other_slots(self, demand: Demand) -> list[Slot]:
        """Return where the patient is booked besides."""
        return [
            one.slot
            for one in self._of_patient[demand.patient_number]
            if one.slot is not None and one.demand.number != demand.number
        ]

    def _patient(self, demand: Demand) -> PatientFacts:
        """Return what is known of the patient, with the other exams where they are now."""
        others = [
            PastExam(
                procedure_code=one.demand.procedure.code,
                modality=one.demand.procedure.modality,
                body_part=one.demand.procedure.body_part,
                contrast=one.demand.procedure.contrast,
                starts_at=one.slot.starts_at,
                dose_msv=one.demand.procedure.dose_msv,
                duration_minutes=one.demand.procedure.duration_minutes,
                bleeding_risk=one.demand.procedure.bleeding_risk,
            )
            for one in self._of_patient[demand.patient_number]
            if one.slot is not None and one.demand.number != demand.number
        ]
        return replace(demand.patient, exams=tuple(others)) if others else demand.patient

    def _assess(self, demand: Demand, now: datetime) -> Assessment:
        return judge(
            self._patient(demand),
            demand.exam,
            demand.procedure,
            rooms=self._department.rooms_of(demand.procedure.modality),
            thresholds=self._thresholds,
            policy=self._policy,
            now=now,
        )

    def _rooms_for(self, assessment: Assessment, demand: Demand) -> list[Candidate]:
        """Return the rooms to search: all that can take the exam, or the procedure's one."""
        eligible = list(assessment.eligible)
        if self._fixed_rooms and eligible:
            number = sum(demand.procedure.code.encode())
            return [eligible[number % len(eligible)]]
        return eligible

    def _walk(
        self, demand: Demand, assessment: Assessment, rooms: Sequence[Candidate], now: datetime
    ) -> Walk:
        kinds = {need.kind for need in assessment.plan.needs} | assessment.plan.on_duty
        view = self._department.seen_by(
            demand.patient_number,
            kinds,
            [one.room.id for one in rooms],
            purposes=_purposes(demand),
            now=now,
        )
        return Walk(view, assessment, rooms)

    def _to_move(
        self,
        urgent: Played,
        assessment: Assessment,
        candidate: Candidate,
        in_room: Iterable[Played],
        start: datetime,
    ) -> list[Played]:
        """Return who is in the way of a start, empty where somebody must stay or nobody is."""
        minutes = assessment.plan.room_minutes + candidate.turnover_minutes
        end = start + minutes * _A_MINUTE
        moved = [
            one
            for one in in_room
            if one.slot
            and one.slot.takings[0].during.start < end
            and start < one.slot.takings[0].during.end
        ]
        rank_of = urgent.demand.priority.rank
        if len(moved) > MOST_MOVED or any(one.demand.priority.rank <= rank_of for one in moved):
            return []
        return moved

    def _take_from(
        self,
        urgent: Played,
        assessment: Assessment,
        candidate: Candidate,
        moved: Sequence[Played],
        start: datetime,
        *,
        now: datetime,
    ) -> bool:
        kept = [(one, one.slot, one.intervals) for one in moved]
        for one in moved:
            self.give_back(one)
        walk = self._walk(urgent.demand, assessment, [candidate], now)
        slot = next(walk.slots(Interval(start, start + _A_MINUTE), step_minutes=1), None)
        if slot is None:
            for one, had, intervals in kept:
                if had is not None:
                    one.slot, one.intervals = had, intervals
                    self._department.take(had, one.demand.patient_number, intervals)
            return False
        self.book(urgent, assessment, slot)
        return True


def _purposes(demand: Demand) -> frozenset[str]:
    return open_purposes(
        demand.patient_class, demand.priority, screening=demand.procedure.screening
    )


def _weight(played: Played, now: datetime) -> float:
    outpatient = played.demand.patient_class is PatientClass.OUTPATIENT
    return weight(played.demand.priority, played.starts_at, outpatient=outpatient, now=now)
