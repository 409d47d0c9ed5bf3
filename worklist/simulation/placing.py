"""Place the orders of a simulation by the product's own rules and search."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from worklist.rules.facts import PastExam, PatientFacts
from worklist.rules.thresholds import Thresholds
from worklist.scheduling.assessment import Assessment, judge
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.scheduling.purposes import open_purposes
from worklist.scheduling.replanning.tasks import Movable
from worklist.scheduling.score import Circumstances, OtherExam
from worklist.scheduling.search import choose
from worklist.scheduling.slots import Slot
from worklist.scheduling.walk import Walk
from worklist.simulation.demand import Demand
from worklist.simulation.department import Department
from worklist.simulation.played import Played
from worklist.vocabulary import PatientClass

_A_MINUTE = timedelta(minutes=1)


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
        self.policy = policy
        self._thresholds = thresholds
        self._fixed_rooms = fixed_rooms
        self._of_patient: dict[int, list[Played]] = defaultdict(list)

    def earliest(self, demand: Demand, assessment: Assessment, now: datetime) -> datetime:
        """Return when the exam's first phase may begin: who comes from home is told before."""
        comes = demand.patient_class is PatientClass.OUTPATIENT
        notice = self.policy.notice[demand.priority] if comes else timedelta(0)
        return max(now + notice, assessment.not_before or now)

    def expect(self, played: Played) -> None:
        """Know of an order: the patient's other exams are judged and placed with it in view."""
        self._of_patient[played.demand.patient_number].append(played)

    def best(self, played: Played, now: datetime) -> tuple[Assessment, Slot | None]:
        """Return what the rules say, and the slot that costs least."""
        demand = played.demand
        assessment = self.assess(demand, now)
        rooms = self.rooms_for(assessment, demand)
        comes = demand.patient_class is PatientClass.OUTPATIENT
        circumstances = Circumstances(
            priority=demand.priority,
            ordered_at=demand.ordered_at,
            earliest=self.earliest(demand, assessment, now),
            misfits={one.room.id: one.misfit(self.policy) for one in rooms},
            day_part=self.policy.day_part(demand.priority, demand.patient_class),
            not_liked=assessment.not_liked,
            site_id=self._department.sites.get(demand.site or ""),
            others=[
                OtherExam(one.site_id, one.starts_at) for one in self._other_slots(demand) if comes
            ],
        )
        walk = self.walk(demand, assessment, rooms, now)
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

    def take_back(self, played: Played, slot: Slot, intervals: list[Interval]) -> None:
        """Undo `give_back`."""
        played.slot, played.intervals = slot, intervals
        self._department.take(slot, played.demand.patient_number, intervals)

    def book_at(self, played: Played, room_id: int, starts_at: datetime, now: datetime) -> bool:
        """Book a room at a time, if all that the exam needs is free then."""
        assessment = self.assess(played.demand, now)
        candidates = [one for one in assessment.eligible if one.room.id == room_id]
        walk = self.walk(played.demand, assessment, candidates, now)
        start = Interval(starts_at, starts_at + _A_MINUTE)
        slot = next(walk.slots(start, step_minutes=1), None)
        if slot is None:
            return False
        self.book(played, assessment, slot)
        return True

    def as_movable(self, played: Played, now: datetime) -> Movable:
        """Return a booked exam as a re-plan looks at it."""
        demand = played.demand
        assessment = self.assess(demand, now)
        return Movable(
            id=demand.number,
            patient_id=demand.patient_number,
            room_id=played.slot.room_id if played.slot else None,
            starts_at=played.starts_at,
            ordered_at=demand.ordered_at,
            priority=demand.priority,
            patient_class=demand.patient_class,
            earliest=self.earliest(demand, assessment, now),
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

    def assess(self, demand: Demand, now: datetime) -> Assessment:
        """Return what the rules say about the exam now."""
        return judge(
            self._patient(demand),
            demand.exam,
            demand.procedure,
            rooms=self._department.rooms_of(demand.procedure.modality),
            thresholds=self._thresholds,
            policy=self.policy,
            now=now,
        )

    def rooms_for(self, assessment: Assessment, demand: Demand) -> list[Candidate]:
        """Return the rooms to search: all that can take the exam, or the procedure's one."""
        eligible = list(assessment.eligible)
        if self._fixed_rooms and eligible:
            number = sum(demand.procedure.code.encode())
            return [eligible[number % len(eligible)]]
        return eligible

    def walk(
        self, demand: Demand, assessment: Assessment, rooms: Sequence[Candidate], now: datetime
    ) -> Walk:
        """Return a walk through the slots of rooms."""
        kinds = {need.kind for need in assessment.plan.needs} | assessment.plan.on_duty
        view = self._department.seen_by(
            demand.patient_number,
            kinds,
            [one.room.id for one in rooms],
            purposes=_purposes(demand),
            now=now,
        )
        return Walk(view, assessment, rooms)


def _purposes(demand: Demand) -> frozenset[str]:
    return open_purposes(
        demand.patient_class, demand.priority, screening=demand.procedure.screening
    )
