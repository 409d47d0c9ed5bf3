"""The simulated hospital asks for what a hospital would: nobody is screened in an emergency."""

import random
from collections import Counter
from datetime import UTC, datetime

import pytest

from worklist.demonstration.load import read_procedures
from worklist.simulator.demand import Demand, SimulatedOrder
from worklist.vocabulary import PatientClass, Priority

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def orders() -> list[SimulatedOrder]:
    demand = Demand(read_procedures().procedures, random.Random(4))
    return [demand.order(NOW) for _ in range(6000)]


def test_only_outpatients_are_screened_and_with_that_reason(orders: list[SimulatedOrder]) -> None:
    screened = [one for one in orders if one.procedure.screening]
    assert screened
    assert {one.patient_class for one in screened} == {PatientClass.OUTPATIENT}
    assert {one.reason for one in screened} == {"Screening"}


@pytest.mark.parametrize("code", ["77080", "77072", "78815", "74740", "75574"])
def test_what_can_wait_is_never_stat(orders: list[SimulatedOrder], code: str) -> None:
    priorities = {one.priority for one in orders if one.procedure.code == code}
    assert priorities <= {Priority.ASAP, Priority.ROUTINE}
    assert priorities


@pytest.mark.parametrize(
    ("code", "sex"), [("76830", "F"), ("76805", "F"), ("77067", "F"), ("72197", "M")]
)
def test_sex_fits_the_procedure(orders: list[SimulatedOrder], code: str, sex: str) -> None:
    assert {one.person.sex for one in orders if one.procedure.code == code} == {sex}


def test_the_chest_is_what_is_looked_at_most(orders: list[SimulatedOrder]) -> None:
    of_modality = [one for one in orders if one.procedure.modality == "DX"]
    parts = Counter(one.procedure.body_part for one in of_modality)
    assert parts.most_common(1)[0][0] == "CHEST"
    assert parts["CHEST"] > len(of_modality) / 3


def test_every_procedure_is_asked_for(orders: list[SimulatedOrder]) -> None:
    asked = {one.procedure.code for one in orders}
    assert asked == {one.code for one in read_procedures().procedures}


def test_a_department_that_only_screens_gets_outpatients() -> None:
    screening = [one for one in read_procedures().procedures if one.screening]
    demand = Demand(screening, random.Random(4))
    assert demand.order(NOW, at_the_start=True).patient_class is PatientClass.OUTPATIENT
