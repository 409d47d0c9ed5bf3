"""What the FHIR server refuses: in which language, and to whom it listens no longer.

Expected values follow FHIR R4 (4.0.1), value set IssueType.
"""

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support.fhir import MEDIA_TYPE, FhirProgram
from worklist import db
from worklist.audit.models import AuditEvent

GERMAN = {"Accept_Language": "de-AT,de;q=0.9,en;q=0.1"}
WRONG = {"Authorization": "Bearer wl_wrong"}


@pytest.mark.parametrize(
    ("address", "code", "english", "german"),
    [
        ("Patient/999999", "not-found", "This server has no Patient/999999.",
         "Dieser Server hat kein Patient/999999."),
        ("Appointment?status=gone", "invalid", "status is never gone: known are proposed, ",
         "status ist nie gone: Bekannt sind proposed, "),
        ("Shoe/43", "not-supported", "There is no resource type 'Shoe' here",
         "Den Ressourcentyp 'Shoe' gibt es hier nicht"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_in_the_language_asked_for(
    ask: FhirProgram, address: str, code: str, english: str, german: str
) -> None:
    for language, told, sent in (("en", english, {}), ("de", german, GERMAN)):
        answer = ask.send("GET", address, **sent)
        (issue,) = json.loads(answer.text)["issue"]
        assert answer.headers["Content-Language"] == language
        assert (issue["code"], issue["diagnostics"][: len(told)]) == (code, told)


def test_what_a_service_refuses_is_told_in_the_language_asked_for(
    ask: FhirProgram, exam_id: int
) -> None:
    cancelled = [{"op": "replace", "path": "/status", "value": "cancelled"}]
    booked = [{"op": "replace", "path": "/status", "value": "booked"}]
    kind = "application/json-patch+json"
    ask.send("PATCH", f"Appointment/{exam_id}", cancelled, content_type=kind)
    again = ask.send("PATCH", f"Appointment/{exam_id}", booked, content_type=kind, **GERMAN)
    assert "Appointment.slot nennt genau einen Slot" in again.text
    unknown = ask.send("PUT", "Appointment/999999", {}, **GERMAN)
    assert "Es gibt keine Untersuchung 999999." in unknown.text


def test_wrong_tokens_are_counted_and_written_to_the_trail(
    client: FlaskClient, ask: FhirProgram, session_factory: db.SessionFactory
) -> None:
    """At all doors together, or each address would give another twenty tries."""
    doors = ("/fhir/Patient/1", "/fhir/Appointment/1", "/api/v1/patients/1")
    for number in range(20):
        assert client.get(doors[number % 3], headers=WRONG).status_code == 401
    for _ in range(3):
        slowed = client.get("/fhir/Patient/1", headers=WRONG)
        assert (slowed.status_code, slowed.content_type) == (429, MEDIA_TYPE)
        assert slowed.headers["Retry-After"] == "60"
        assert json.loads(slowed.text)["issue"][0]["code"] == "throttled"
    assert ask("Patient")[0] == 200
    with session_factory() as session:
        refused = select(AuditEvent.detail).where(AuditEvent.action == "token.refused")
        assert session.scalars(refused).all() == [{"address": "127.0.0.1", "entrance": "fhir"}]


def test_a_failure_of_our_own_is_an_outcome_too(
    ask: FhirProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worklist.fhir.api.slots.read_slot", lambda *_, **__: 1 / 0)
    status, outcome = ask("Slot/CT01-20261124T0900Z-15")
    assert (status, outcome["issue"][0]["code"]) == (500, "exception")
