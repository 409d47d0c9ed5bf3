"""The simulated hospital asks of each modality what its open rooms can do, at any hour."""

import random
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from worklist.demonstration.load import read_department, read_procedures
from worklist.simulator.capacity import full_modalities, open_rooms
from worklist.simulator.demand import Demand
from worklist.simulator.scanner import WaitingExam
from worklist.vocabulary import PatientClass, Priority

VIENNA = ZoneInfo("Europe/Vienna")
NIGHT = datetime(2026, 11, 25, 4, 30, tzinfo=VIENNA)  # a Wednesday
MORNING = NIGHT.replace(hour=9)


def waiting(now: datetime, modality: str, *minutes: int) -> list[WaitingExam]:
    return [WaitingExam(modality, now + timedelta(minutes=one)) for one in minutes]


# As department.toml has it: by night one CT, X-ray and ultrasound each, by day two CT and three MR.
def test_rooms_open_by_their_hours() -> None:
    assert open_rooms(read_department(), NIGHT) == Counter(DX=1, CT=1, US=1)
    day = open_rooms(read_department(), MORNING)
    assert (day["CT"], day["MR"], day["PT"]) == (2, 3, 1)


@pytest.mark.parametrize(("minutes", "full"), [((5,), False), ((5, 59), True), ((5, 60), False)])
def test_one_scanner_at_night_takes_two_patients_within_the_hour(
    minutes: tuple[int, ...], *, full: bool
) -> None:
    found = full_modalities(read_department(), waiting(NIGHT, "CT", *minutes), NIGHT)
    assert ("CT" in found) is full
    assert "MR" in found
    assert "US" not in found


def test_a_morning_that_is_booked_through_is_full_before_its_first_hour_is() -> None:
    booked = waiting(MORNING, "US", *range(5, 180, 15))
    assert "US" in full_modalities(read_department(), booked, MORNING)
    assert "US" not in full_modalities(read_department(), booked[:4], MORNING)


def test_two_scanners_by_day_take_four() -> None:
    three, four = (waiting(MORNING, "CT", *range(number)) for number in (3, 4))
    assert "CT" not in full_modalities(read_department(), three, MORNING)
    assert "CT" in full_modalities(read_department(), four, MORNING)


def test_who_is_in_the_house_is_not_sent_where_nobody_can_be_taken() -> None:
    demand = Demand(read_procedures().procedures, random.Random(3))
    full = frozenset({"CT", "MR"})
    orders = [demand.order(NIGHT, full=full) for _ in range(300)]
    in_the_house = [one for one in orders if one.patient_class is not PatientClass.OUTPATIENT]
    assert in_the_house
    assert not {one.procedure.modality for one in in_the_house} & full
    every = frozenset(room.modalities[0] for room in read_department().rooms)
    assert demand.order(NIGHT, full=every).patient_class is PatientClass.OUTPATIENT


def test_what_is_arranged_ahead_is_routine_for_outpatients_and_mostly_mr() -> None:
    demand = Demand(read_procedures().procedures, random.Random(3))
    wanted = MORNING + timedelta(days=2)
    orders = [demand.appointment(MORNING, wanted) for _ in range(200)]
    assert {(one.patient_class, one.priority, one.wanted_at) for one in orders} == {
        (PatientClass.OUTPATIENT, Priority.ROUTINE, wanted)
    }
    assert Counter(one.procedure.modality for one in orders).most_common(1)[0][0] == "MR"
