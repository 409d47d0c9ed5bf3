"""Everything that the FHIR server gives, checked against R4 by definitions that are not ours."""

import json
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.support import npm, web
from tests.support.api import token_for
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_site,
)
from tests.support.fhir import make_performed
from tests.support.reading import make_reader, make_task
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Room
from worklist.orders.status import UNPLACED, StepStatus
from worklist.patients import merging
from worklist.reading.models import ReadingStatus
from worklist.vocabulary import PatientClass, Priority

SCRIPT = Path(__file__).with_name("fhir_validator.mjs")
DEFINITIONS = npm.FOLDER / "node_modules" / "@medplum" / "definitions" / "dist" / "fhir" / "r4"
_PATCH = "application/json-patch+json"
KINDS = ("Patient", "ServiceRequest", "ImagingStudy", "Appointment", "Task", "Schedule")


@pytest.fixture
def ask(database: str, empty_redis: str, session_factory: db.SessionFactory) -> Iterator[Any]:
    """Ask the server of a department with every state of everything; gives status and JSON."""
    npm.need()
    with db.transaction(session_factory) as session:
        _furnish(session)
    client = web.make_client(database, empty_redis)
    headers = {"Authorization": f"Bearer {token_for(session_factory, UserRole.ADMINISTRATOR)}"}
    yield lambda method, address, body=None: _ask(client, headers, method, address, body)
    web.close(client)


def _ask(
    client: FlaskClient, headers: dict[str, str], method: str, address: str, body: object
) -> tuple[int, dict[str, Any]]:
    answer = client.open(
        f"/fhir/{address}",
        method=method,
        headers=headers,
        data=None if body is None else json.dumps(body),
        content_type=_PATCH if method == "PATCH" else "application/fhir+json",
    )
    return answer.status_code, json.loads(answer.text)


def _furnish(session: Session) -> None:
    """Make rows of all kinds, in all states, with and without what may be missing."""
    room = make_room(session, make_site(session, time_zone="Europe/Vienna"), "CT01")
    make_procedure(session, preparation="Drink water.")
    for number, status in enumerate(StepStatus):
        _make_exam(session, room, status, NOW + timedelta(hours=number))
    bare = make_patient(session, "X", birth_date=None, sex=None)
    survivor = make_patient(session, "ROE^JANE^ANN^Dr^Jr", sex="F", phone="+43 1 5", email="j@x.at")
    survivor.name_ideographic, survivor.address = "山田^花子", "1 Main Street"
    merging.merge(session, survivor_id=survivor.id, merged_id=bare.id, actor=ACTOR, now=NOW)
    reader = make_reader(session)
    for state in ReadingStatus:
        task = make_task(session)
        task.status = state
        if state is ReadingStatus.CLAIMED:
            task.claimed_by_id, task.claimed_at = reader.id, NOW
            task.claim_expires_at = NOW + timedelta(minutes=5)
        task.pending_since = NOW if state is ReadingStatus.PENDING else None
        task.read_at = NOW if state is ReadingStatus.READ else None


def _make_exam(session: Session, room: Room, status: StepStatus, starts_at: datetime) -> None:
    exam = make_exam(
        session,
        priority=list(Priority)[starts_at.hour % len(Priority)],
        patient_class=list(PatientClass)[starts_at.hour % len(PatientClass)],
        reason="Cough",
        clinical_information="Smoker",
        ordering_physician="House^Gregory^^Dr",
        wanted_at=starts_at,
    )
    exam.status, exam.status_reason = status, "as told"
    if status not in UNPLACED | {StepStatus.CANCELED, StepStatus.NO_SHOW}:
        exam.room_id, exam.starts_at = room.id, starts_at
        exam.ends_at = starts_at + timedelta(minutes=15)
    if status in {StepStatus.STARTED, StepStatus.DEPARTED, StepStatus.COMPLETED}:
        exam.started_at = starts_at
    if status is StepStatus.COMPLETED:
        session.add(make_performed(exam))
    session.flush()


def _issues(resources: list[dict[str, Any]]) -> list[str]:
    """Return what the validator says of these resources."""
    done = subprocess.run(
        [npm.need(), str(SCRIPT)],
        input=json.dumps(resources),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: list[list[str]] = json.loads(done.stdout)
    return [
        f"{resource['resourceType']} {one}"
        for resource, issues in zip(resources, told, strict=True)
        for one in issues
    ]


def test_the_validator_sees_what_is_wrong() -> None:
    """Else the other tests would prove nothing."""
    wrong: list[dict[str, Any]] = [
        {"resourceType": "Patient", "gender": "lady"},
        {"resourceType": "Patient", "shoeSize": 43},
        {
            "resourceType": "Appointment",
            "status": "booked",
            "participant": [{"status": "accepted"}],
        },
        {"resourceType": "Slot", "status": "free", "schedule": {}, "start": "2026-11-24"},
    ]
    told = "\n".join(_issues(wrong))
    assert [
        word for word in ("lady", "shoeSize", "app-1", "app-3", "instant") if word not in told
    ] == []


def test_whatever_the_server_gives_is_r4(ask: Any) -> None:
    bundles = {kind: ask("GET", f"{kind}?_count=100") for kind in KINDS}
    day = quote("2026-11-24")
    bundles["Slot"] = ask("GET", f"Slot?schedule=Schedule/CT01&start={day}")
    given = [bundle for _, bundle in bundles.values()]
    for kind, (status, bundle) in bundles.items():
        assert (status, bundle["resourceType"]) == (200, "Bundle")
        found = [entry["resource"] for entry in bundle["entry"]]
        assert {one["resourceType"] for one in found} == {kind}
        given += [ask("GET", f"{kind}/{one['id']}")[1] for one in found[:3]] + found
    seen = {one["status"] for one in given if one["resourceType"] == "Appointment"}
    assert seen >= {"proposed", "booked", "arrived", "checked-in", "fulfilled", "noshow"}
    given += [
        ask("GET", "metadata")[1],
        ask("GET", "Patient?_count=0")[1],
        ask("GET", "Patient/999999")[1],
        ask("GET", "Patient?shoe-size=43")[1],
        ask("DELETE", "Patient/1")[1],
    ]
    assert _issues(given) == []


def test_what_is_booked_is_r4(ask: Any) -> None:
    _, waiting = ask("GET", "Appointment?status=proposed")
    request = waiting["entry"][0]["resource"]["basedOn"][0]["reference"]
    _, slots = ask("GET", f"Slot?service-request={request}&start=ge2026-11-25T09:00:00Z")
    slot = slots["entry"][0]["resource"]
    patient = waiting["entry"][0]["resource"]["participant"][0]["actor"]["reference"]
    appointment = {
        "resourceType": "Appointment",
        "status": "booked",
        "start": slot["start"],
        "end": slot["end"],
        "basedOn": [{"reference": request}],
        "slot": [{"reference": f"Slot/{slot['id']}"}],
        "participant": [{"actor": {"reference": patient}, "status": "accepted"}],
    }
    assert _issues([appointment]) == []
    status, booked = ask("POST", "Appointment", appointment)
    assert status == 201
    assert _issues([booked, slots]) == []
    put, patched = _change(ask, booked)
    assert (put["start"], patched["status"]) != (booked["start"], booked["status"])
    refused = [
        ask("PUT", f"Appointment/{booked['id']}", {}),
        ask("POST", "Appointment", appointment),
        ask("POST", "Appointment", {}),
    ]
    assert [status for status, _ in refused] == [400, 422, 400]
    assert _issues([put, patched, *(outcome for _, outcome in refused)]) == []


def _change(ask: Any, booked: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is answered to a PUT that moves the Appointment, and to a PATCH that ends it."""
    _, slots = ask("GET", f"Slot?service-request={booked['basedOn'][0]['reference']}"
                          "&start=ge2026-11-25T12:00:00Z")  # fmt: skip
    slot = slots["entry"][0]["resource"]
    moved = booked | {"start": slot["start"], "end": slot["end"]}
    moved["slot"] = [{"reference": f"Slot/{slot['id']}"}]
    status, put = ask("PUT", f"Appointment/{booked['id']}", moved)
    assert status == 200, put
    patch = [
        {"op": "replace", "path": "/status", "value": "cancelled"},
        {"op": "add", "path": "/cancelationReason", "value": {"text": "Feels better"}},
    ]
    status, patched = ask("PATCH", f"Appointment/{booked['id']}", patch)
    assert status == 200, patched
    return put, patched


def test_what_a_search_brings_along_is_r4(ask: Any) -> None:
    """Each ``_include`` that the CapabilityStatement announces, with the targets behind it."""
    (rest,) = ask("GET", "metadata")[1]["rest"]
    announced = {kind["type"]: kind.get("searchInclude", []) for kind in rest["resource"]}
    filters = {"Slot": "schedule=CT01&start=2026-11-24&"}
    brought = []
    for kind, includes in announced.items():
        for include in includes:
            status, bundle = ask("GET", f"{kind}?{filters.get(kind, '')}_include={include}")
            assert status == 200
            along = [one for one in bundle["entry"] if one["search"]["mode"] == "include"]
            assert (include, bool(along)) == (include, True)
            brought.append(bundle)
    assert len(brought) >= 10
    assert _issues(brought) == []


def test_the_series_of_a_study_are_r4(ask: Any) -> None:
    _, bundle = ask("GET", "ImagingStudy")
    studies = [entry["resource"] for entry in bundle["entry"]]
    assert [one["numberOfSeries"] for one in studies if "series" in one] == [2]
    assert _issues(studies) == []


def test_our_own_search_parameters_are_defined_in_r4(ask: Any) -> None:
    (rest,) = ask("GET", "metadata")[1]["rest"]
    ours = [
        one["definition"].partition("/fhir/")[2]
        for kind in rest["resource"]
        for one in kind["searchParam"]
        if "/fhir/SearchParameter/" in one.get("definition", "")
    ]
    assert ours == ["SearchParameter/Slot-service-request"]
    definitions = [ask("GET", address)[1] for address in ours]
    assert [one["code"] for one in definitions] == ["service-request"]
    assert _issues(definitions) == []


def test_each_search_parameter_is_r4s_of_that_type(ask: Any) -> None:
    """By the registry of R4 (search-parameters.json); one of our own says so by its definition."""
    registry = json.loads((DEFINITIONS / "search-parameters.json").read_text("utf-8"))
    known = {
        (base, one["resource"]["code"]): one["resource"]["type"]
        for one in registry["entry"]
        for base in one["resource"].get("base", [])
    }
    (rest,) = ask("GET", "metadata")[1]["rest"]
    for kind in rest["resource"]:
        for one in kind["searchParam"]:
            if "/fhir/SearchParameter/" in one.get("definition", ""):
                continue
            place = (kind["type"], one["name"])
            expected = known.get(place) or known[("Resource", one["name"])]
            assert (place, one["type"]) == (place, expected)
