"""Searching as hospitals' programs do: chains, modifiers, order, pages, what comes along, changes.

Expected values follow FHIR R4 (4.0.1), section 3.1.1.
"""

from datetime import timedelta

import pytest

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_site,
)
from tests.support.fhir import FhirProgram, found, make_performed
from worklist import db
from worklist.orders import trail
from worklist.orders.status import StepStatus
from worklist.scheduling import placement
from worklist.vocabulary import Priority

LATER = NOW + timedelta(hours=2)


@pytest.fixture
def department(session_factory: db.SessionFactory) -> dict[str, str]:
    """Three exams: Anna's booked now and completed, Bob's booked later on, Cora's held.

    Gives the ids of what belongs to them, and numbers that hospitals know.
    """
    with db.transaction(session_factory) as session:
        site = make_site(session)
        make_room(session, site, "CT01")
        make_room(session, site, "MR01", modality="MR")
        make_procedure(session)
        anna = make_patient(session, "MÜLLER^ANNA^MARIA", sex="F", phone="+43 1 234567")
        bob = make_patient(session, "van der Berg^Anders", birth_date=None)
        exams = {
            "anna": make_exam(session, patient=anna, priority=Priority.STAT),
            "bob": make_exam(session, patient=bob),
            "cora": make_exam(session),
        }
        for name in ("anna", "bob"):
            placement.place(session, exams[name].id, actor=ACTOR, now=NOW)
        exams["anna"].status, exams["anna"].started_at = StepStatus.COMPLETED, NOW
        exams["cora"].status = StepStatus.HELD
        session.add(make_performed(exams["anna"]))
        trail.record(session, exams["bob"], "exam.noted", actor=ACTOR, now=LATER)
        return {
            **{name: str(exam.id) for name, exam in exams.items()},
            **{f"{name}_order": str(e.requested_procedure_id) for name, e in exams.items()},
            "mrn": anna.identifiers[0].value,
            "accession": exams["bob"].order.accession_number,
            "step": exams["bob"].scheduled_procedure_step_id,
        }


APPOINTMENTS: list[tuple[str, list[str]]] = [
    ("Appointment?patient.identifier=urn:worklist:issuer:TEST|{mrn}", ["anna"]),
    ("Appointment?patient.identifier={mrn}", ["anna"]),
    ("Appointment?patient.identifier=urn:else|{mrn}", []),
    ("Appointment?patient:Patient.family=muller", ["anna"]),
    ("Appointment?based-on.identifier=urn:worklist:accession-number|{accession}", ["bob"]),
    ("Appointment?based-on.patient.family=van%20der", ["bob"]),
    ("Appointment?identifier={step}", ["bob"]),
    ("Appointment?identifier=urn:worklist:scheduled-procedure-step-id|{step}", ["bob"]),
    ("Appointment?date:missing=true", ["cora"]),
    ("Appointment?date:missing=false", ["anna", "bob"]),
    ("Appointment?status:not=booked", ["anna", "cora"]),
    ("Appointment?status=booked,proposed", ["bob", "cora"]),
    ("Appointment?_id={anna},{cora}", ["anna", "cora"]),
    ("Appointment?_sort=-_id", ["cora", "bob", "anna"]),
    ("Appointment?_sort=date", ["anna", "bob", "cora"]),
    ("Appointment?_sort=-date", ["cora", "bob", "anna"]),
    ("Appointment?_lastUpdated=ge2026-11-24T10:00:00Z", ["bob"]),
    ("Appointment?_lastUpdated=gt2026-11-24T11:00:00Z", []),
    ("Appointment?_lastUpdated=lt2026-11-24T10:00:00Z", ["anna", "cora"]),
    ("Appointment?_lastUpdated=2026-11-24", ["anna", "bob", "cora"]),
    ("Appointment?_lastUpdated=ne2026-11-24T11:00:00Z", ["anna", "cora"]),
]


def test_appointments_are_found(ask: FhirProgram, department: dict[str, str]) -> None:
    for search, names in APPOINTMENTS:
        expected = (search, [department[name] for name in names])
        status, bundle = ask(search.format_map(department))
        assert status == 200, bundle
        assert (search, [one["id"] for one in found(bundle)]) == expected
        assert (search, by_pages(ask, search.format_map(department))) == expected


def by_pages(ask: FhirProgram, search: str) -> list[str]:
    """Return the ids of what is found, one a page."""
    ids: list[str] = []
    address: str | None = f"{search}&_count=1"
    while address:
        _, bundle = ask(address)
        ids += [one["id"] for one in found(bundle)]
        links = {one["relation"]: one["url"] for one in bundle["link"]}
        address = links["next"].partition("/fhir/")[2] if "next" in links else None
    return ids


def test_other_kinds_are_found(ask: FhirProgram, department: dict[str, str]) -> None:
    searches = {
        "ServiceRequest?status=completed": ["anna"],
        "ServiceRequest?status=active": ["bob"],
        "ServiceRequest?status=on-hold": ["cora"],
        "ServiceRequest?status=revoked": [],
        "ServiceRequest?status=active,on-hold&intent=order": ["bob", "cora"],
        "ServiceRequest?priority=stat": ["anna"],
        "ServiceRequest?code=urn:worklist:procedure|71250": ["anna", "bob", "cora"],
        "ServiceRequest?code=70000": [],
        "ServiceRequest?subject.identifier={mrn}": ["anna"],
        "ServiceRequest?_sort=-authored&authored=2026-11-24": ["cora", "bob", "anna"],
        "ImagingStudy?modality=CT": ["anna"],
        "ImagingStudy?modality=MR": [],
        "ImagingStudy?started=2026-11-24&status=available": ["anna"],
        "ImagingStudy?started=lt2026-11-24": [],
        "ImagingStudy?status:not=available": [],
        "ImagingStudy?basedon.status=completed": ["anna"],
    }
    for search, names in searches.items():
        status, bundle = ask(search.format_map(department))
        assert status == 200, bundle
        ids = [one["id"] for one in found(bundle)]
        assert (search, ids) == (search, [department[f"{name}_order"] for name in names])
        for one in found(bundle):  # what is found by its status has it
            assert one["resourceType"] == "ImagingStudy" or one["status"] in {
                "completed", "active", "on-hold"
            }  # fmt: skip
    patients = {
        "family=van": 1, "family=berg": 0, "given=anna": 1, "given=maria": 1, "given=muller": 0,
        "name:contains=ulle": 1, "phone=234567": 1, "phone=%2B43%201%20234567": 1,
        "phone=9994567": 0, "gender=female": 1, "gender:not=female": 2, "active=true": 3,
        "active=false": 0, "birthdate:missing=true": 1, "_lastUpdated=2026-11-24": 3,
        "_lastUpdated=gt2026-11-24": 0, "identifier={mrn},none": 1, "identifier=|{mrn}": 0,
    }  # fmt: skip
    for search, hits in patients.items():
        _, bundle = ask(f"Patient?{search.format_map(department)}")
        assert (search, len(found(bundle))) == (search, hits)
    assert [one["id"] for one in found(ask("Schedule?service-type=MR")[1])] == ["MR01"]


def test_a_search_brings_along_what_it_names(ask: FhirProgram, department: dict[str, str]) -> None:
    _, bundle = ask(
        "Appointment?status=booked&_include=Appointment:patient"
        "&_include=Appointment:based-on:ServiceRequest&_total=accurate"
    )
    assert bundle["total"] == 1
    assert [one["id"] for one in found(bundle)] == [department["bob"]]
    included = {(one["resourceType"], one["id"]) for one in found(bundle, "include")}
    (patient,) = (key for key, _ in included if key == "Patient")
    assert included >= {("ServiceRequest", department["bob_order"])}
    assert (len(included), patient) == (2, "Patient")
    _, twice = ask("ServiceRequest?subject.family=muller&_include=ServiceRequest:subject")
    assert [one["resourceType"] for one in found(twice, "include")] == ["Patient"]
    _, slots = ask("Slot?schedule=CT01&start=2026-11-24&_include=Slot:schedule&_total=accurate")
    assert slots["total"] == len(found(slots))
    assert [one["id"] for one in found(slots, "include")] == ["CT01"]


def test_what_a_study_has_is_what_scanners_told(
    ask: FhirProgram, department: dict[str, str]
) -> None:
    assert department
    (study,) = found(ask("ImagingStudy")[1])
    assert (study["numberOfSeries"], study["numberOfInstances"]) == (2, 3)
    assert [one["uid"] for one in study["series"]] == ["1.2.3", "1.2.4"]
    assert study["series"][0]["description"] == "Lung"
    assert study["meta"]["lastUpdated"] == "2026-11-24T09:00:00+00:00"


REFUSALS = [
    ("Appointment?date:exact=2026", "date:exact is not supported"),
    ("Appointment?date.identifier=1", "leads to nothing else"),
    ("Appointment?patient.shoe-size=43", "Patient cannot be searched by 'shoe-size'"),
    ("Appointment?patient:Group.name=x", "leads to nothing else"),
    ("Appointment?patient=", "has an empty value"),
    ("Appointment?date:missing=maybe", "is true or false"),
    ("Appointment?_sort=status", "_sort=status is not supported"),
    ("Appointment?_sort=date&_after=never_1", "no such page"),
    ("Appointment?_sort=date&_after=1", "no such page"),
    ("Appointment?_include=Appointment:location", "may include Appointment:patient"),
    ("Appointment?_include=Appointment:patient:Group", "may include"),
    ("Appointment?_revinclude=Task:focus", "cannot be searched by '_revinclude'"),
    ("Appointment?_total=most", "it is one of none, estimate, accurate"),
    ("Appointment?_summary=true", "it is one of false, count"),
    ("Appointment?_elements=id", "cannot be searched by '_elements'"),
    ("Appointment?_count=many", "whole number"),
    ("Appointment?status=urn:x|booked", "no codes of urn:x"),
    ("Patient?phone=12", "5 digits"),
    ("Schedule?_lastUpdated=2026", "cannot be searched by '_lastUpdated'"),
    ("Slot?schedule=CT01&schedule=MR01", "only start"),
    ("Slot?schedule=CT01&start=ne2026-11-24", "with ne"),
    ("Slot?schedule=CT01&_sort=status", "sorted by start"),
    ("Slot?service-request=1&_total=accurate", "not counted"),
]


def test_what_is_not_done_is_refused_with_what_is(
    ask: FhirProgram, department: dict[str, str]
) -> None:
    assert department
    for address, told in REFUSALS:
        status, outcome = ask(address)
        assert (address, status) == (address, 400)
        assert told in outcome["issue"][0]["diagnostics"]


def test_counting_alone(ask: FhirProgram, department: dict[str, str]) -> None:
    assert department
    for search in ("_summary=count", "_count=0"):
        _, bundle = ask(f"Appointment?status=booked&{search}")
        assert (bundle["total"], "entry" in bundle) == (1, False)
