"""What the simulated hospital sends along with an order: values that the rules read."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from worklist.catalogue.procedure_file import ProcedureEntry
from worklist.simulator.people import Person
from worklist.vocabulary import Contrast

_KNOWN_KIDNEYS = 0.85
_LOW_KIDNEYS = 0.08
_KNOWN_PREGNANCY = 0.85
_PREGNANT = 0.04
_PREGNANCY_AGES = range(12, 56)
_ALLERGIC = 0.03
_KNOWN_CLOTTING = 0.9
_IODINATED_ALLERGY = ("Iohexol^contrast medium^MI", "Iopamidol^contrast medium^MO")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One OBX: a LOINC code with its value."""

    kind: str
    code: str
    text: str
    value: str
    unit: str
    observed_at: datetime


def observations(
    rng: random.Random,
    person: Person,
    procedure: ProcedureEntry,
    now: datetime,
    *,
    in_house: bool,
) -> tuple[Observation, ...]:
    """Return weight and height, and the values that the procedure makes somebody ask for."""
    found = [
        _number("29463-7", "Body weight", person.weight_kg, "kg", now),
        _number("8302-2", "Body height", person.height_cm, "cm", now),
    ]
    if procedure.contrast is not Contrast.NONE and rng.random() < _KNOWN_KIDNEYS:
        days = rng.uniform(0.2, 5.0 if in_house else 25.0)
        found.append(_kidneys(rng, now - timedelta(days=days)))
    if procedure.risk_of_bleeding == "high" and rng.random() < _KNOWN_CLOTTING:
        found += _clotting(rng, now - timedelta(days=rng.uniform(0.2, 5.0)))
    may_be_pregnant = person.sex == "F" and person.age(now.date()) in _PREGNANCY_AGES
    if may_be_pregnant and procedure.beam_meets_pelvis and rng.random() < _KNOWN_PREGNANCY:
        found.append(_pregnancy(rng, now))
    return tuple(found)


def allergy(rng: random.Random) -> str:
    """Return the substance, its class and the severity of a contrast allergy, mostly none."""
    return rng.choice(_IODINATED_ALLERGY) if rng.random() < _ALLERGIC else ""


def _kidneys(rng: random.Random, when: datetime) -> Observation:
    low = rng.random() < _LOW_KIDNEYS
    egfr = rng.uniform(18.0, 44.0) if low else min(120.0, max(48.0, rng.gauss(84.0, 16.0)))
    return _number("98979-8", "eGFR", round(egfr), "mL/min/{1.73_m2}", when)


def _clotting(rng: random.Random, when: datetime) -> list[Observation]:
    inr = max(0.8, rng.gauss(1.1, 0.25))
    platelets = max(15.0, rng.gauss(240.0, 70.0))
    return [
        _number("6301-6", "INR", round(inr, 1), "{INR}", when),
        _number("777-3", "Platelets", round(platelets), "10*3/uL", when),
    ]


def _pregnancy(rng: random.Random, now: datetime) -> Observation:
    answer = ("77386006", "Pregnant") if rng.random() < _PREGNANT else ("60001007", "Not pregnant")
    return Observation(
        kind="CE",
        code="82810-3",
        text="Pregnancy status",
        value=f"{answer[0]}^{answer[1]}^SCT",
        unit="",
        observed_at=now,
    )


def _number(code: str, text: str, value: float, unit: str, when: datetime) -> Observation:
    return Observation(
        kind="NM", code=code, text=text, value=f"{value:g}", unit=unit, observed_at=when
    )
