"""The tour's order: an emergency that no rule has a question about."""

import secrets
from datetime import date, datetime, timedelta

from worklist.demonstration.load import read_procedures
from worklist.simulator.demand import SimulatedOrder
from worklist.simulator.labs import Observation
from worklist.simulator.messages import Sender
from worklist.simulator.people import Name, Person
from worklist.vocabulary import PatientClass, Priority

SENDER = Sender("TOUR", "TOUR-HOSPITAL")
CODE = "71260"


def new_order(now: datetime) -> SimulatedOrder:
    """Return a CT of the chest with contrast for a patient whom nobody has seen before.

    He is a man of 44 whose kidneys were measured an hour ago; numbers are new in each run.
    """
    known = {one.code: one for one in read_procedures().procedures}
    person = Person(
        number=f"T{secrets.randbelow(10**9):09d}",
        name=Name("Rundgang-Öhrli", "Tobias"),
        sex="M",
        birth_date=date(now.year - 44, 1, 1),
        weight_kg=81.5,
        height_cm=179,
    )
    return SimulatedOrder(
        number=f"T{secrets.randbelow(10**10):010d}",
        person=person,
        procedure=known[CODE],
        patient_class=PatientClass.EMERGENCY,
        priority=Priority.STAT,
        ordered_at=now,
        wanted_at=None,
        reason="Fall from a ladder, pain in the chest",
        location="ER",
        transport="CART",
        observations=(
            _observation("29463-7", "Body weight", "81.5", "kg", now),
            _observation("98979-8", "eGFR", "92", "mL/min/{1.73_m2}", now - timedelta(hours=1)),
        ),
        allergy="",
    )


def _observation(code: str, text: str, value: str, unit: str, when: datetime) -> Observation:
    return Observation(kind="NM", code=code, text=text, value=value, unit=unit, observed_at=when)
