"""What the simulated hospital orders: classes, priorities and the hours of the day.

The shares are those of a typical mid-size hospital.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import TypeVar

from worklist.catalogue.procedure_file import ProcedureEntry
from worklist.simulator import case_mix, labs, people
from worklist.simulator.labs import Observation
from worklist.simulator.people import Person
from worklist.vocabulary import PatientClass, Priority

_Thing = TypeVar("_Thing")

_CLASSES = {
    PatientClass.OUTPATIENT: 60.0,
    PatientClass.INPATIENT: 22.0,
    PatientClass.EMERGENCY: 18.0,
}
# At the start the day has its inpatients and emergencies: who must be asked to come is booked.
_CLASSES_AT_THE_START = {
    PatientClass.OUTPATIENT: 30.0,
    PatientClass.INPATIENT: 45.0,
    PatientClass.EMERGENCY: 25.0,
}
# Together: STAT 8 %, URGENT 12 %, ASAP 20 %, ROUTINE 60 %; an emergency is never less than URGENT.
_PRIORITIES = {
    PatientClass.EMERGENCY: {Priority.STAT: 40.0, Priority.URGENT: 60.0},
    PatientClass.INPATIENT: {
        Priority.STAT: 3.0,
        Priority.URGENT: 5.0,
        Priority.ASAP: 32.0,
        Priority.ROUTINE: 60.0,
    },
    PatientClass.OUTPATIENT: {Priority.ASAP: 22.0, Priority.ROUTINE: 78.0},
}
# Parts of the busiest hour's rate, from midnight.
_HOURS = (
    0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.3, 0.5, 0.8, 1.0, 1.0, 0.8,
    0.7, 1.0, 1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.3, 0.2, 0.2, 0.2,
)  # fmt: skip
_WARDS = ("W2^204^A", "W3^311^B", "W5^517^A", "ICU^4^1")
_ON_WHEELS = ("WALK", "WALK", "WHLC", "CART")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedOrder:
    """An order as the hospital has it; ``allergy`` is substance^group^severity or empty."""

    number: str
    person: Person
    procedure: ProcedureEntry
    patient_class: PatientClass
    priority: Priority
    ordered_at: datetime
    wanted_at: datetime | None
    reason: str
    location: str
    transport: str
    observations: tuple[Observation, ...]
    allergy: str


class Demand:
    """Makes orders up from the procedures that the department offers."""

    def __init__(self, procedures: Sequence[ProcedureEntry], rng: random.Random) -> None:
        self._rng = rng
        self._offered: dict[PatientClass, dict[str, list[ProcedureEntry]]] = {}
        for patient_class, procedure in product(PatientClass, procedures):
            if case_mix.is_asked_of(procedure, patient_class):
                by_modality = self._offered.setdefault(patient_class, {})
                by_modality.setdefault(procedure.modality, []).append(procedure)

    def order(
        self,
        now: datetime,
        *,
        at_the_start: bool = False,
        full: frozenset[str] = frozenset(),
    ) -> SimulatedOrder:
        """Make an order up.

        Args:
            now: The time in the hospital's zone.
            at_the_start: As the first of a day have it: more patients of wards.
            full: Modalities that can take nobody who is in the house now.
        """
        patient_class = self._patient_class(_CLASSES_AT_THE_START if at_the_start else _CLASSES)
        if self._offered[patient_class].keys() <= full:
            patient_class = PatientClass.OUTPATIENT
        if patient_class is PatientClass.OUTPATIENT:
            full = frozenset()
        procedure = self._procedure(patient_class, case_mix.MODALITY_SHARES, full)
        priority = _draw(self._rng, _PRIORITIES[patient_class])
        wanted_at = _wanted_at(self._rng, now, patient_class, priority)
        return self._made(now, patient_class, procedure, priority, wanted_at)

    def appointment(self, now: datetime, wanted_at: datetime) -> SimulatedOrder:
        """Make up what an outpatient has arranged for a day: more MR than on the day itself."""
        booked = PatientClass.OUTPATIENT
        procedure = self._procedure(booked, case_mix.SHARES_OF_APPOINTMENTS)
        return self._made(now, booked, procedure, Priority.ROUTINE, wanted_at)

    def _made(
        self,
        now: datetime,
        patient_class: PatientClass,
        procedure: ProcedureEntry,
        priority: Priority,
        wanted_at: datetime | None,
    ) -> SimulatedOrder:
        rng = self._rng
        person = _patient_for(rng, procedure, now)
        in_the_house = patient_class is not PatientClass.OUTPATIENT
        return SimulatedOrder(
            number=f"O{rng.randrange(10**10):010d}",
            person=person,
            procedure=procedure,
            patient_class=patient_class,
            priority=priority,
            ordered_at=now,
            wanted_at=wanted_at,
            reason=case_mix.reason(procedure, rng),
            location=_location(rng, patient_class),
            transport=rng.choice(_ON_WHEELS) if in_the_house else "",
            observations=labs.observations(rng, person, procedure, now, in_house=in_the_house),
            allergy=labs.allergy(rng),
        )

    def _patient_class(self, shares: dict[PatientClass, float]) -> PatientClass:
        return _draw(self._rng, {one: shares[one] for one in self._offered})

    def _procedure(
        self,
        patient_class: PatientClass,
        shares: dict[str, float],
        full: frozenset[str] = frozenset(),
    ) -> ProcedureEntry:
        """Draw the modality first: its share does not depend on how many procedures it has."""
        offered = self._offered[patient_class]
        modality = _draw(
            self._rng, {one: shares.get(one, 1.0) for one in offered if one not in full}
        )
        weights = [case_mix.share(one) for one in offered[modality]]
        return self._rng.choices(offered[modality], weights=weights)[0]


def seconds_between_orders(now: datetime, busiest: float) -> float:
    """Return the mean seconds to the next order; ``busiest`` are those of the busiest hour."""
    return busiest / _HOURS[now.hour]


def _draw(rng: random.Random, shares: dict[_Thing, float]) -> _Thing:
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def _patient_for(rng: random.Random, procedure: ProcedureEntry, now: datetime) -> Person:
    group = case_mix.group(procedure, rng)
    return people.invent(rng, now.date(), sex=group.sex, ages=group.ages)


def _location(rng: random.Random, patient_class: PatientClass) -> str:
    """Return PV1-3; an outpatient has none."""
    if patient_class is PatientClass.OUTPATIENT:
        return ""
    return "ER" if patient_class is PatientClass.EMERGENCY else rng.choice(_WARDS)


def _wanted_at(
    rng: random.Random, now: datetime, patient_class: PatientClass, priority: Priority
) -> datetime | None:
    """Outpatients often name a day; whoever is in the house comes as soon as can be."""
    if patient_class is not PatientClass.OUTPATIENT or priority is not Priority.ROUTINE:
        return None
    return now + timedelta(days=rng.randrange(1, 11), hours=rng.randrange(-3, 4))
