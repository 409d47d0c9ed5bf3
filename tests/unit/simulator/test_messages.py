"""What the simulated hospital sends is what our own reader, which knows nothing of it, reads."""

import random
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from worklist.demonstration.load import read_procedures
from worklist.hl7.content import Content
from worklist.hl7.interpret import interpret
from worklist.hl7.order_control import OrderAction
from worklist.patients.models import FactKind
from worklist.simulator import labs, messages, people
from worklist.simulator.demand import Demand, SimulatedOrder
from worklist.simulator.messages import OrderForm, Sender
from worklist.simulator.people import Name, Person
from worklist.vocabulary import PatientClass, Priority

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=ZoneInfo("Europe/Vienna"))
SENDER = Sender("SIM", "HOSPITAL")
FORMS = (messages.ORM, messages.OMG, messages.OMI)
PERSON = Person(
    number="S123",
    name=Name("Hoshizora", "Midori", ("星空", "緑"), ("ほしぞら", "みどり")),
    sex="F",
    birth_date=date(1990, 2, 3),
    weight_kg=61.5,
    height_cm=166,
    phone="+44 7700 900123",
    street="Ahornweg 7 & 9",
    town="Lindenau",
)


def make_order(person: Person = PERSON) -> SimulatedOrder:
    procedures = {one.code: one for one in read_procedures().procedures}
    return SimulatedOrder(
        number="O77",
        person=person,
        procedure=procedures["71260"],
        patient_class=PatientClass.EMERGENCY,
        priority=Priority.URGENT,
        ordered_at=NOW,
        wanted_at=NOW.replace(hour=14, minute=0),
        reason="Pain & fever | both",
        location="W2^204^A",
        transport="CART",
        observations=(
            labs.Observation(
                kind="NM", code="98979-8", text="eGFR", value="77", unit="mL/min/{1.73_m2}",
                observed_at=NOW,
            ),
        ),
        allergy="Iohexol^contrast medium^MO",
    )  # fmt: skip


def read(raw: bytes) -> Content:
    reading = interpret(raw, zone=ZoneInfo("UTC"), now=NOW)
    assert reading.error is None
    assert reading.content is not None
    return reading.content


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_an_order_says_everything(form: OrderForm) -> None:
    content = read(messages.order(form, "NW", make_order(), SENDER, NOW))
    assert content.patient is not None
    assert content.patient.name == "Hoshizora^Midori"
    assert content.patient.name_ideographic == "星空^緑"
    assert content.patient.name_phonetic == "ほしぞら^みどり"
    assert [(one.issuer, one.value) for one in content.patient.identifiers] == [
        ("HOSPITAL", "S123")
    ]
    (request,) = content.orders
    details = request.details
    assert request.action is OrderAction.NEW
    assert details is not None
    assert (details.placer_issuer, details.placer_order_number) == ("HOSPITAL", "O77")
    assert (details.procedure_code, details.priority) == ("71260", Priority.URGENT)
    assert details.patient_class is PatientClass.EMERGENCY
    assert details.wanted_at == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
    assert details.reason == "Pain & fever | both"
    assert (details.current_location, details.transport) == ("W2 204 A", "CART")
    facts = {fact.kind: fact for fact in content.facts}
    assert facts[FactKind.EGFR].value == {"number": 77.0}
    assert facts[FactKind.CONTRAST_REACTION].subject == "iodinated"
    assert facts[FactKind.CONTRAST_REACTION].value == {"severity": "moderate"}


def test_only_the_omi_gives_an_accession_number() -> None:
    given = {
        form.trigger[:3]: read(messages.order(form, "NW", make_order(), SENDER, NOW))
        .orders[0].details.accession_number  # type: ignore[union-attr]
        for form in FORMS
    }  # fmt: skip
    assert given == {"ORM": None, "OMG": None, "OMI": "H77"}


def test_registration_names_the_patient() -> None:
    content = read(messages.registration(PERSON, SENDER, NOW))
    assert content.patient is not None
    assert (content.patient.birth_date, content.patient.sex) == (date(1990, 2, 3), "F")
    assert content.patient.phone == "+44 7700 900123"
    assert content.patient.address == "Ahornweg 7 & 9, Lindenau"
    assert not content.orders


def test_change_and_cancellation_name_the_order() -> None:
    changed = read(messages.order(messages.OMG, "XO", make_order(), SENDER, NOW)).orders[0]
    cancelled = read(messages.cancellation(make_order(), "Mistake", SENDER, NOW)).orders[0]
    assert (changed.action, changed.numbers.placer) == (OrderAction.CHANGE, "O77")
    assert (cancelled.action, cancelled.numbers.placer) == (OrderAction.CANCEL, "O77")
    assert cancelled.reason == "Mistake"


def test_every_made_up_order_can_be_read() -> None:
    rng = random.Random(7)
    demand = Demand(read_procedures().procedures, rng)
    for number in range(300):
        one = demand.order(NOW, at_the_start=number % 2 == 0)
        form = FORMS[number % 3]
        content = read(messages.order(form, "NW", one, SENDER, NOW))
        details = content.orders[0].details
        assert details is not None
        assert details.procedure_code == one.procedure.code
        assert not content.remarks
        if one.patient_class is PatientClass.EMERGENCY:
            assert one.priority in {Priority.STAT, Priority.URGENT}


def test_patients_are_of_the_age_and_sex_asked_for() -> None:
    rng = random.Random(3)
    today = date(2026, 11, 24)
    for _ in range(300):
        person = people.invent(rng, today, sex="F", ages=(12, 12))
        assert (person.sex, person.age(today)) == ("F", 12)
        assert 3 <= person.weight_kg <= 240


def test_shares_of_class_and_modality_are_those_of_the_case_mix() -> None:
    demand = Demand(read_procedures().procedures, random.Random(11))
    orders = [demand.order(NOW) for _ in range(4000)]
    outpatients = sum(one.patient_class is PatientClass.OUTPATIENT for one in orders)
    x_rays = sum(one.procedure.modality == "DX" for one in orders)
    assert 0.56 < outpatients / len(orders) < 0.64
    assert 0.42 < x_rays / len(orders) < 0.52
