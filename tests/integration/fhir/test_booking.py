"""Booking, moving and cancelling by Appointment.

Expected values follow FHIR R4 (4.0.1).
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.api import token_for
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
)
from tests.support.fhir import FhirProgram, found
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling import service as scheduling

PARTICIPANT = [{"type": [{"text": "patient"}], "status": "accepted"}]


def test_an_appointment_is_booked_into_a_slot_found(
    ask: FhirProgram, session_factory: db.SessionFactory, exam_id: int
) -> None:
    with db.transaction(session_factory) as session:
        other = make_exam(session)
        request = f"ServiceRequest/{other.requested_procedure_id}"
    slots = found(ask(f"Slot?service-request={request}&start=ge2026-11-24T09:00:00Z")[1])
    assert slots[0]["id"] == "CT01-20261124T0915Z-15"
    body = {
        "resourceType": "Appointment",
        "status": "booked",
        "basedOn": [{"reference": request}],
        "slot": [{"reference": f"Slot/{slots[0]['id']}"}],
        "participant": PARTICIPANT,
    }
    status, booked = ask("Appointment", body)
    assert status == 201
    assert datetime.fromisoformat(booked["start"]) == datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
    assert exam_id != int(booked["id"])


def test_a_taken_slot_is_a_conflict_with_free_ones(
    ask: FhirProgram, session_factory: db.SessionFactory, exam_id: int
) -> None:
    with db.transaction(session_factory) as session:
        other = make_exam(session)
        request = f"ServiceRequest/{other.requested_procedure_id}"
    assert exam_id
    body = {
        "resourceType": "Appointment",
        "status": "booked",
        "basedOn": [{"reference": request}],
        "slot": [{"reference": "Slot/CT01-20261124T0900Z-15"}],
        "participant": PARTICIPANT,
    }
    status, outcome = ask("Appointment", body)
    assert status == 409
    assert outcome["issue"][0]["code"] == "conflict"
    assert "CT01-20261124T0915Z-15" in outcome["issue"][0]["diagnostics"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"resourceType": "Slot"}, "type Appointment"),
        ({"basedOn": []}, "exactly one ServiceRequest"),
        ({"slot": []}, "exactly one Slot"),
        ({"slot": ["Slot/1"]}, "list of references"),
        ({"basedOn": "ServiceRequest/1"}, "list of references"),
        ({"status": "cancelled"}, "status is one of"),
        ({"participant": []}, "the patient at least"),
        ({"participant": [{"status": "maybe"}]}, "participant.status is one of"),
        ({"participant": [{"status": "accepted"}]}, "has an actor or a type"),
        ({"start": "noon"}, "is not an instant"),
        ({"start": "2026-11-24T09:15:00"}, "needs its offset"),
        ({"start": "2026-11-25T09:15:00Z"}, "outside the slot"),
    ],
)
def test_what_is_wrong_with_a_booking_is_told(
    ask: FhirProgram, exam_id: int, change: dict[str, object], told: str
) -> None:
    assert exam_id
    body = {
        "resourceType": "Appointment",
        "status": "booked",
        "basedOn": [{"reference": "ServiceRequest/1"}],
        "slot": [{"reference": "Slot/CT01-20261124T0915Z-15"}],
        "participant": PARTICIPANT,
    }
    status, outcome = ask("Appointment", body | change)
    assert status == 400
    assert told in outcome["issue"][0]["diagnostics"]


def test_a_missed_appointment_keeps_its_time(
    ask: FhirProgram, session_factory: db.SessionFactory, exam_id: int
) -> None:
    with db.transaction(session_factory) as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        scheduling.mark_no_show(session, exam, actor=ACTOR, now=NOW)
    _, appointment = ask(f"Appointment/{exam_id}")
    assert appointment["status"] == "noshow"
    assert datetime.fromisoformat(appointment["start"]) == NOW
    assert "end" in appointment


def test_a_booking_of_another_patient_is_refused(
    ask: FhirProgram, session_factory: db.SessionFactory, exam_id: int
) -> None:
    with db.transaction(session_factory) as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        request = f"ServiceRequest/{exam.requested_procedure_id}"
        other = make_patient(session).id
    body = {
        "resourceType": "Appointment",
        "status": "booked",
        "basedOn": [{"reference": request}],
        "slot": [{"reference": "Slot/CT01-20261124T0915Z-15"}],
        "participant": [{"actor": {"reference": f"Patient/{other}"}, "status": "accepted"}],
    }
    status, outcome = ask("Appointment", body)
    assert (status, outcome["issue"][0]["code"]) == (422, "business-rule")


def appointment(ask: FhirProgram, exam_id: int) -> dict[str, Any]:
    return ask(f"Appointment/{exam_id}")[1]


def test_an_appointment_is_moved_by_putting_it(ask: FhirProgram, exam_id: int) -> None:
    wanted = appointment(ask, exam_id)
    wanted["slot"] = [{"reference": "Slot/CT01-20261124T1500Z-15"}]
    wanted["start"], wanted["end"] = "2026-11-24T15:00:00Z", "2026-11-24T15:15:00Z"
    answer = ask.send("PUT", f"Appointment/{exam_id}", wanted)
    assert answer.status_code == 200
    moved = json.loads(answer.text)
    assert moved["slot"] == [{"reference": "Slot/CT01-20261124T1500Z-15"}]
    assert datetime.fromisoformat(moved["start"]) == NOW + timedelta(hours=6)
    assert answer.headers["ETag"] == f'W/"{moved["meta"]["versionId"]}"'


def test_an_appointment_is_cancelled_by_putting_it(
    ask: FhirProgram, exam_id: int, session_factory: db.SessionFactory
) -> None:
    wanted = appointment(ask, exam_id)
    wanted |= {"status": "cancelled", "cancelationReason": {"text": "Feels better"}}
    for _ in range(2):  # the second time it is so already
        answer = ask.send("PUT", f"Appointment/{exam_id}", wanted)
        assert answer.status_code == 200, answer.text
    assert json.loads(answer.text)["cancelationReason"] == {"text": "Feels better"}
    assert ask("Slot/CT01-20261124T0900Z-15")[1]["status"] == "free"
    with session_factory() as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        assert exam.status is StepStatus.CANCELED


def test_an_appointment_is_patched(ask: FhirProgram, exam_id: int) -> None:
    operations = [
        {"op": "test", "path": "/status", "value": "booked"},
        {"op": "replace", "path": "/slot/0/reference", "value": "Slot/CT01-20261124T1500Z-15"},
        {"op": "remove", "path": "/start"},
    ]
    answer = patch(ask, exam_id, operations)
    assert (answer.status_code, json.loads(answer.text)["start"][:16]) == (200, "2026-11-24T15:00")
    reason = {"coding": [{"code": "pat", "display": "Patient"}]}
    cancel = [
        {"op": "replace", "path": "/status", "value": "cancelled"},
        {"op": "add", "path": "/cancelationReason", "value": reason},
    ]
    answer = patch(ask, exam_id, cancel, Prefer="return=minimal")
    assert (answer.status_code, answer.text) == (200, "")
    assert appointment(ask, exam_id)["cancelationReason"] == {"text": "Patient"}


def patch(ask: FhirProgram, exam_id: int, operations: object, **headers: str) -> Any:
    kind = "application/json-patch+json"
    return ask.send("PATCH", f"Appointment/{exam_id}", operations, content_type=kind, **headers)


REFUSED_PATCHES: list[tuple[object, int, str]] = [
    ({}, 400, "array of operations"),
    ([{"op": "move", "path": "/status", "from": "/id"}], 400, "is one of"),
    ([{"op": "replace", "path": "status", "value": "x"}], 400, "a path"),
    ([{"op": "replace", "path": "/status"}], 400, "has a value"),
    ([{"op": "replace", "path": "/slot/7/reference", "value": "x"}], 422, "nothing at"),
    ([{"op": "add", "path": "/status/-", "value": "x"}], 422, "nothing at"),
    ([{"op": "test", "path": "/status", "value": "arrived"}], 422, "tests for"),
    ([{"op": "replace", "path": "/status", "value": "fulfilled"}], 422, "booked or cancelled"),
    ([{"op": "replace", "path": "/description", "value": "x"}], 422, "description cannot"),
    ([{"op": "remove", "path": "/participant"}], 400, "the patient at least"),
    ([{"op": "replace", "path": "/id", "value": "99"}], 400, "id of the address"),
    ([{"op": "remove", "path": "/status"}], 400, "status says"),
]


def test_what_a_patch_may_not_is_told(ask: FhirProgram, exam_id: int) -> None:
    before = appointment(ask, exam_id)
    for operations, status, told in REFUSED_PATCHES:
        answer = patch(ask, exam_id, operations)
        assert (operations, answer.status_code) == (operations, status)
        assert told in json.loads(answer.text)["issue"][0]["diagnostics"]
    assert appointment(ask, exam_id) == before


def test_only_what_was_seen_is_changed(ask: FhirProgram, exam_id: int) -> None:
    seen = ask.send("GET", f"Appointment/{exam_id}").headers["ETag"]
    assert ask.send("GET", f"Appointment/{exam_id}", If_None_Match=seen).status_code == 304
    move = [
        {"op": "replace", "path": "/slot/0/reference", "value": "Slot/CT01-20261124T1500Z-15"},
        {"op": "remove", "path": "/start"},
    ]
    assert patch(ask, exam_id, move, If_Match='W/"0"').status_code == 412
    assert patch(ask, exam_id, move, If_Match=seen).status_code == 200
    cancel = [{"op": "replace", "path": "/status", "value": "cancelled"}]
    late = patch(ask, exam_id, cancel, If_Match=seen)
    assert (late.status_code, json.loads(late.text)["issue"][0]["code"]) == (412, "conflict")
    assert ask.send("GET", f"Appointment/{exam_id}", If_None_Match=seen).status_code == 200


def test_only_who_may_book_changes(
    ask: FhirProgram, exam_id: int, session_factory: db.SessionFactory
) -> None:
    reader = FhirProgram(
        ask.client, token_for(session_factory, UserRole.RADIOLOGIST, username="reader")
    )
    assert reader.send("PUT", f"Appointment/{exam_id}", {}).status_code == 403
    assert ask.send("PUT", "Appointment/x", {}).status_code == 404
    assert ask.send("PUT", "Appointment/999", {}).status_code == 404
    conditional = ask.send("POST", "Appointment", {}, If_None_Exist="patient=1")
    assert conditional.status_code == 400
    assert json.loads(conditional.text)["issue"][0]["code"] == "not-supported"
