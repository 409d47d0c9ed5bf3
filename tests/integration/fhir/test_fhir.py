"""The FHIR server as a program uses it: tokens, reading, searching and booking.

Expected values follow FHIR R4 (4.0.1).
"""

import json
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from tests.support import web
from tests.support.api import token_for
from tests.support.department import (
    ACTOR,
    NOW,
    make_patient,
    make_room,
    make_site,
)
from tests.support.fhir import FhirProgram, found
from worklist import db
from worklist.auth import queries, tokens
from worklist.auth.roles import UserRole
from worklist.orders.models import ScheduledProcedureStep
from worklist.performing import service as performing
from worklist.reading import entering


def test_without_a_token_nothing_is_told(client: FlaskClient, exam_id: int) -> None:
    answer = client.get(f"/fhir/Appointment/{exam_id}")
    assert answer.status_code == 401
    assert json.loads(answer.text)["issue"][0]["code"] == "login"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_browsers_session_opens_nothing(
    client: FlaskClient, session_factory: db.SessionFactory, exam_id: int
) -> None:
    web.sign_in(client, web.make_user(session_factory, UserRole.ADMINISTRATOR))
    assert client.get(f"/fhir/Appointment/{exam_id}").status_code == 401


def test_a_token_ends_by_time_and_by_hand(
    client: FlaskClient, session_factory: db.SessionFactory, exam_id: int
) -> None:
    text = token_for(session_factory, UserRole.FRONT_DESK)
    headers = {"Authorization": f"Bearer {text}"}
    assert client.get(f"/fhir/Appointment/{exam_id}", headers=headers).status_code == 200
    with db.transaction(session_factory) as session:
        later = NOW + timedelta(days=1)
        assert tokens.owner(session, text, now=later, address="10.1.2.3") is None
        user = queries.by_name(session, "engine")
        tokens.revoke(session, tokens.of(session, user)[0], actor=ACTOR, now=NOW)
    assert client.get(f"/fhir/Appointment/{exam_id}", headers=headers).status_code == 401


def test_a_token_may_what_its_account_may(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    headers = {"Authorization": f"Bearer {token_for(session_factory, UserRole.RADIOLOGIST)}"}
    answer = client.post("/fhir/Appointment", headers=headers, json={})
    assert answer.status_code == 403


def test_the_server_says_what_it_does(client: FlaskClient) -> None:
    statement = json.loads(client.get("/fhir/metadata").text)
    assert statement["fhirVersion"] == "4.0.1"
    kinds = {one["type"] for one in statement["rest"][0]["resource"]}
    assert kinds == {
        "Patient", "ServiceRequest", "Appointment", "Slot", "Schedule", "ImagingStudy", "Task",
    }  # fmt: skip


def test_a_patient_is_read(ask: FhirProgram, exam_id: int) -> None:
    _, appointment = ask(f"Appointment/{exam_id}")
    reference = appointment["participant"][0]["actor"]["reference"]
    status, patient = ask(reference)
    assert status == 200
    assert patient["name"][0] == {
        "use": "official", "family": "MÜLLER", "given": ["ANNA MARIA"], "prefix": ["Dr"],
    }  # fmt: skip
    assert patient["gender"] == "female"
    assert patient["birthDate"] == "1981-05-04"
    assert patient["telecom"] == [{"system": "phone", "value": "+43 1 234 567"}]
    assert patient["active"] is True


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("name=mull", 1),
        ("family=M%C3%BCller&birthdate=1981-05-04", 1),
        ("given=anna", 1),
        ("name=uller", 0),
        ("birthdate=lt1981-05-04", 0),
        ("birthdate=ge1981-05-04", 1),
        ("birthdate=1981", 1),
        ("birthdate=1981-05", 1),
        ("birthdate=1981-06", 0),
        ("birthdate=ne1981-05-04", 0),
        ("birthdate=sa1980", 1),
        ("birthdate=eb1981-05", 0),
        ("birthdate=1980,1981", 1),
    ],
)
def test_patients_are_searched(ask: FhirProgram, exam_id: int, query: str, hits: int) -> None:
    assert exam_id
    status, bundle = ask(f"Patient?{query}")
    assert status == 200
    assert bundle["type"] == "searchset"
    assert len(found(bundle)) == hits


def test_a_filter_that_is_not_known_is_refused(ask: FhirProgram) -> None:
    status, outcome = ask("Patient?shoe-size=43")
    assert status == 400
    assert "cannot be searched by 'shoe-size'" in outcome["issue"][0]["diagnostics"]


def test_pages_follow_each_other(ask: FhirProgram, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        for number in range(5):
            make_patient(session, f"ROE^N{number}")
    names: list[str] = []
    address: str | None = "Patient?name=roe&_count=2"
    while address:
        _, bundle = ask(address)
        names += [one["name"][0]["given"][0] for one in found(bundle)]
        links = {one["relation"]: one["url"] for one in bundle["link"]}
        address = links["next"].partition("/fhir/")[2] if "next" in links else None
    assert names == ["N0", "N1", "N2", "N3", "N4"]


def test_an_order_is_found_by_its_accession_number(
    ask: FhirProgram, session_factory: db.SessionFactory, exam_id: int
) -> None:
    with db.transaction(session_factory) as session:
        order = session.get_one(ScheduledProcedureStep, exam_id).order
        accession = order.accession_number
    _, bundle = ask(f"ServiceRequest?identifier=urn:worklist:accession-number|{accession}")
    (request,) = found(bundle)
    assert (request["status"], request["intent"]) == ("active", "order")
    assert request["code"]["coding"][0]["code"] == "71250"
    assert not found(ask(f"ServiceRequest?identifier=urn:elsewhere|{accession}")[1])


def test_an_appointment_tells_room_time_and_slot(ask: FhirProgram, exam_id: int) -> None:
    _, appointment = ask(f"Appointment/{exam_id}")
    assert appointment["status"] == "booked"
    assert datetime.fromisoformat(appointment["start"]) == NOW
    assert appointment["slot"] == [{"reference": "Slot/CT01-20261124T0900Z-15"}]
    assert ask("Slot/CT01-20261124T0900Z-15")[1]["status"] == "busy"
    assert ask("Slot/CT01-20261124T1500Z-15")[1]["status"] == "free"
    _, on_day = ask("Appointment?date=2026-11-24&status=booked")
    assert len(found(on_day)) == 1
    assert not found(ask("Appointment?date=gt2026-11-24")[1])


def test_a_performed_exam_is_a_study_and_a_task(
    ask: FhirProgram, session_factory: db.SessionFactory, exam_id: int
) -> None:
    assert not found(ask("ImagingStudy")[1])
    with db.transaction(session_factory) as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        performing.start(session, exam, actor=ACTOR, now=NOW)
        performing.complete(session, exam, actor=ACTOR, now=NOW)
        entering.admit(session, exam.requested_procedure_id, now=NOW)
        uid = exam.requested_procedure.study_instance_uid
    _, bundle = ask(f"ImagingStudy?identifier=urn:dicom:uid|urn:oid:{uid}")
    (study,) = found(bundle)
    assert study["status"] == "available"
    assert study["modality"][0]["code"] == "CT"
    (task,) = found(ask("Task?status=ready")[1])
    assert task["focus"]["reference"] == f"ServiceRequest/{study['id']}"
    assert ask(f"Appointment/{exam_id}")[1]["status"] == "fulfilled"


def test_a_rooms_day_is_free_and_busy_stretches(ask: FhirProgram, exam_id: int) -> None:
    assert exam_id
    address = (
        "Slot?schedule=Schedule/CT01&start=ge2026-11-24T08:00:00Z&start=lt2026-11-24T10:00:00Z"
    )
    stretches = [(one["status"], one["id"]) for one in found(ask(address)[1])]
    assert stretches == [
        ("free", "CT01-20261124T0800Z-60"),
        ("busy", "CT01-20261124T0900Z-15"),
        ("free", "CT01-20261124T0915Z-45"),
    ]
    assert ask("Slot?start=2026-11-24")[0] == 400


def test_what_does_not_exist_is_told(ask: FhirProgram) -> None:
    assert ask("Patient/999")[0] == 404
    assert ask("Patient/x")[0] == 404
    assert ask("Slot/nonsense")[0] == 404
    assert ask("Schedule/XX99")[0] == 404
    assert ask("Observation")[0] == 404


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("Patient/99999999999999999999", 404),
        ("Patient/%C2%B2", 404),
        ("Appointment?patient=99999999999999999999", 400),
        ("Patient?_after=%C2%B2", 400),
        ("Appointment?status=lost", 400),
        ("Task?status=lost", 400),
        ("Patient?name=a%00b", 400),
        ("Appointment?date=9999-12-31", 400),
        ("Slot/CT01-99991231T2359Z-99", 404),
        ("Slot?schedule=Schedule/CT01&colour=red", 400),
    ],
)
def test_what_cannot_be_asked_is_told(ask: FhirProgram, address: str, status: int) -> None:
    answered, outcome = ask(address)
    assert answered == status
    assert outcome["resourceType"] == "OperationOutcome"


def test_what_names_people_may_be_posted(
    client: FlaskClient, session_factory: db.SessionFactory, exam_id: int
) -> None:
    assert exam_id
    headers = {"Authorization": f"Bearer {token_for(session_factory, UserRole.FRONT_DESK)}"}
    answer = client.post("/fhir/Patient/_search", headers=headers, data={"name": "mull"})
    assert answer.status_code == 200
    assert found(json.loads(answer.text))[0]["name"][0]["family"] == "MÜLLER"


def test_rooms_are_schedules_page_by_page(
    ask: FhirProgram, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        site = make_site(session)
        for code in ("CT01", "CT02", "CT03"):
            make_room(session, site, code)
    codes: list[str] = []
    address: str | None = "Schedule?_count=2"
    while address:
        _, bundle = ask(address)
        codes += [one["id"] for one in found(bundle)]
        links = {one["relation"]: one["url"] for one in bundle["link"]}
        assert links["self"].endswith(address)
        address = links["next"].partition("/fhir/")[2] if "next" in links else None
    assert codes == ["CT01", "CT02", "CT03"]
    (one,) = found(ask("Schedule?identifier=urn:worklist:room|CT02")[1])
    assert one["identifier"] == [{"system": "urn:worklist:room", "value": "CT02"}]
    assert found(ask("Schedule?active=false")[1]) == []


def test_slots_follow_each_other(ask: FhirProgram, exam_id: int) -> None:
    assert exam_id
    starts: list[str] = []
    address: str | None = (
        "Slot?schedule=Schedule/CT01&_count=1"
        "&start=ge2026-11-24T08:00:00Z&start=lt2026-11-24T10:00:00Z"
    )
    while address:
        _, bundle = ask(address)
        starts += [one["id"] for one in found(bundle)]
        links = {one["relation"]: one["url"] for one in bundle["link"]}
        address = links["next"].partition("/fhir/")[2] if "next" in links else None
    assert starts == [
        "CT01-20261124T0800Z-60", "CT01-20261124T0900Z-15", "CT01-20261124T0915Z-45",
    ]  # fmt: skip


def test_a_count_of_none_only_counts(ask: FhirProgram, exam_id: int) -> None:
    assert exam_id
    _, bundle = ask("Appointment?status=booked&_count=0")
    assert (bundle["total"], "entry" in bundle) == (1, False)
    assert ask("Schedule?_count=0")[1]["total"] == 1


def test_references_to_this_server_may_be_whole_addresses(ask: FhirProgram, exam_id: int) -> None:
    _, appointment = ask(f"Appointment/{exam_id}")
    patient = appointment["participant"][0]["actor"]["reference"]
    _, bundle = ask(f"Appointment?patient=http://localhost/fhir/{patient}")
    assert [one["id"] for one in found(bundle)] == [str(exam_id)]


def test_the_statement_types_its_parameters(client: FlaskClient) -> None:
    """As the search parameter registry of R4 has them."""
    statement = json.loads(client.get("/fhir/metadata").text)
    typed = {
        (kind["type"], one["name"]): one["type"]
        for kind in statement["rest"][0]["resource"]
        for one in kind["searchParam"]
    }
    expected = {
        ("Appointment", "based-on"): "reference", ("Appointment", "date"): "date",
        ("Appointment", "status"): "token", ("ImagingStudy", "basedon"): "reference",
        ("Patient", "identifier"): "token", ("Patient", "family"): "string",
        ("Schedule", "active"): "token", ("ServiceRequest", "authored"): "date",
        ("ServiceRequest", "subject"): "reference", ("Slot", "schedule"): "reference",
        ("Slot", "start"): "date", ("Task", "focus"): "reference",
        ("Task", "authored-on"): "date",
    }  # fmt: skip
    assert expected.items() <= typed.items()


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("PUT", "Patient/1", 405),
        ("DELETE", "Appointment/1", 405),
        ("POST", "Patient", 405),
        ("GET", "Patient/1/_history", 405),
        ("GET", "", 404),
        ("POST", "Observation", 404),
        ("GET", "Patient?_format=xml", 406),
    ],
)
def test_what_this_server_does_not_do_is_told_as_fhir_does(
    client: FlaskClient, method: str, address: str, status: int
) -> None:
    answer = client.open(f"/fhir/{address}", method=method)
    assert (answer.status_code, answer.content_type) == (status, "application/fhir+json")
    assert json.loads(answer.text)["issue"][0]["code"] == "not-supported"


def test_only_json_is_answered_and_taken(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    xml = {"Accept": "application/fhir+xml"}
    assert client.get("/fhir/metadata", headers=xml).status_code == 406
    headers = {"Authorization": f"Bearer {token_for(session_factory, UserRole.FRONT_DESK)}"}
    sent = client.post("/fhir/Appointment", headers=headers, data="<x/>", content_type="text/xml")
    assert sent.status_code == 415
