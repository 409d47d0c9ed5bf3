"""What the simulated hospital orders: case mix, classes, priorities and the hours of the day.

The shares are those of a typical mid-size hospital.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from worklist.catalogue.file import ProcedureEntry
from worklist.simulator import labs, people
from worklist.simulator.labs import Observation
from worklist.simulator.people import Person
from worklist.vocabulary import PatientClass, Priority

_Thing = TypeVar("_Thing")

_MODALITIES = {
    "DX": 45.0, "CT": 20.0, "US": 16.0, "MR": 9.0, "MG": 6.0, "NM": 1.0, "PT": 1.0, "RF": 1.0,
    "XA": 1.0,
}  # fmt: skip
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
_NOT_IN_AN_EMERGENCY = frozenset({"MG", "PT", "NM", "RF"})
_AGES = {
    "77072": (5, 15),
    "77080": (55, 88),
    "74455": (1, 12),
    "77067": (42, 73),
    "71271": (52, 78),
    "74263": (50, 74),
}
_WOMEN_BY_PART = {"UTERUS": (20, 41), "BREAST": (32, 79)}
_MEN_BY_PART = {"PROSTATE": (52, 80)}
_CHILDREN = 0.08
_CHILDS_PARTS = frozenset(
    {"CHEST", "ABDOMEN", "HAND", "FOOT", "KNEE", "HIP", "SHOULDER", "HEAD", "BRAIN", "KIDNEY"}
)
_REASONS = {
    "CHEST": ("Cough and fever for five days", "Short of breath", "Follow-up of a lung nodule"),
    "HEAD": ("Fall, headache since", "Sudden weakness on one side", "Worst headache ever"),
    "BRAIN": ("Seizure for the first time", "Dizziness, exclude tumour", "Memory loss"),
    "ABDOMEN": ("Pain in the right lower belly", "Jaundice", "Weight loss, cause unknown"),
    "LSPINE": ("Back pain into the left leg", "Numbness of the right foot"),
    "BREAST": ("Lump in the left breast", "Screening"),
}
_OTHER_REASONS = ("Pain after a fall", "Follow-up", "Before an operation", "Swelling for two weeks")
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
        self._by_modality: dict[str, list[ProcedureEntry]] = {}
        for procedure in procedures:
            self._by_modality.setdefault(procedure.modality, []).append(procedure)

    def order(self, now: datetime, *, at_the_start: bool = False) -> SimulatedOrder:
        """Make an order up; ``now`` in the hospital's zone."""
        rng = self._rng
        patient_class = _draw(rng, _CLASSES_AT_THE_START if at_the_start else _CLASSES)
        emergency = patient_class is PatientClass.EMERGENCY
        procedure = rng.choice(self._by_modality[self._modality(emergency=emergency)])
        person = _patient_for(rng, procedure, now)
        priority = _draw(rng, _PRIORITIES[patient_class])
        in_the_house = patient_class is not PatientClass.OUTPATIENT
        return SimulatedOrder(
            number=f"O{rng.randrange(10**10):010d}",
            person=person,
            procedure=procedure,
            patient_class=patient_class,
            priority=priority,
            ordered_at=now,
            wanted_at=_wanted_at(rng, now, patient_class, priority),
            reason=rng.choice(_REASONS.get(procedure.body_part, _OTHER_REASONS)),
            location=("ER" if emergency else rng.choice(_WARDS)) if in_the_house else "",
            transport=rng.choice(_ON_WHEELS) if in_the_house else "",
            observations=labs.observations(rng, person, procedure, now, in_house=in_the_house),
            allergy=labs.allergy(rng),
        )

    def _modality(self, *, emergency: bool) -> str:
        offered = {
            modality: share
            for modality, share in _MODALITIES.items()
            if modality in self._by_modality
            and not (emergency and modality in _NOT_IN_AN_EMERGENCY)
        }
        return _draw(self._rng, offered)


def seconds_between_orders(now: datetime, busiest: float) -> float:
    """Return the mean seconds to the next order; ``busiest`` are those of the busiest hour."""
    return busiest / _HOURS[now.hour]


def _draw(rng: random.Random, shares: dict[_Thing, float]) -> _Thing:
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def _patient_for(rng: random.Random, procedure: ProcedureEntry, now: datetime) -> Person:
    part, today = procedure.body_part, now.date()
    if part in _WOMEN_BY_PART:
        ages = _AGES.get(procedure.code, _WOMEN_BY_PART[part])
        return people.invent(rng, today, sex="F", ages=ages)
    if part in _MEN_BY_PART:
        return people.invent(rng, today, sex="M", ages=_MEN_BY_PART[part])
    if procedure.code in _AGES:
        return people.invent(rng, today, ages=_AGES[procedure.code])
    if part in _CHILDS_PARTS and not procedure.screening and rng.random() < _CHILDREN:
        return people.invent(rng, today, ages=(1, 15))
    return people.invent(rng, today, ages=(18, 92))


def _wanted_at(
    rng: random.Random, now: datetime, patient_class: PatientClass, priority: Priority
) -> datetime | None:
    """Outpatients often name a day; whoever is in the house comes as soon as can be."""
    if patient_class is not PatientClass.OUTPATIENT or priority is not Priority.ROUTINE:
        return None
    return now + timedelta(days=rng.randrange(1, 11), hours=rng.randrange(-3, 4))
