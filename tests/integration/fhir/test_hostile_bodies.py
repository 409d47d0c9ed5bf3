"""Hostile JSON at both doors of programs: it is refused, or kept as it is, and nothing fails."""

import json
from collections.abc import Iterator
from typing import Any

from tests.support.api import Program
from tests.support.fhir import FhirProgram
from tests.support.hostile import MARKUP

TEXTS = [
    MARKUP, "%s%n%(x)s", "\0", "a\0b", "\ud800", "\udfff\ud800", "\u202eevil", "W" * 65_536,
    "0000-01-01", "9999-12-31", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00",
    "2026-13-45T99:99:99Z", "-1", "",
]  # fmt: skip
OTHERS: list[Any] = [10**30, -1, 2**63, 0.5, True, None, [], {}, [[[]]], {"a": {"a": []}}]
RAW = [
    b'{"status": "booked", "status": "cancelled"}', b'{"a": 1e999}', b'{"a": NaN}', b"[" * 100_000,
    b'{"a":' * 900 + b"1" + b"}" * 900, b'{"a": ' + b"9" * 5000 + b"}", b"\xff\xfe\0", b"nul",
    b'"text"', b"1", b'{"a": "\\ud800"}',
]  # fmt: skip
_PATCH = "application/json-patch+json"


def patches() -> Iterator[object]:
    for value in (*TEXTS, *OTHERS):
        for path in ("/cancelationReason", "/start", "/end", "/slot", "/status", value):
            yield [{"op": "add", "path": path, "value": value}]
        yield [{"op": value, "path": "/status", "value": "cancelled"}]
    yield from OTHERS


def test_appointments(ask: FhirProgram, exam_id: int) -> None:
    whole = ask(f"Appointment/{exam_id}")[1]
    address = f"Appointment/{exam_id}"
    for body in patches():
        answer = ask.send("PATCH", address, body, content_type=_PATCH)
        assert answer.status_code < 500, (body, answer.text)
    for value in (*TEXTS, *OTHERS):
        for name in ("status", "start", "end", "slot", "basedOn", "participant"):
            for method, target in (("PUT", address), ("POST", "Appointment")):
                answer = ask.send(method, target, whole | {name: value})
                assert answer.status_code < 500, (method, name, value, answer.text)
    for raw in RAW:
        for method, target in (("POST", "Appointment"), ("PUT", address), ("PATCH", address)):
            answer = ask.client.open(
                f"/fhir/{target}", method=method, data=raw,
                headers={"Authorization": f"Bearer {ask.token}"},
                content_type=_PATCH if method == "PATCH" else "application/fhir+json",
            )  # fmt: skip
            assert 400 <= answer.status_code < 500, (method, raw[:40], answer.text)
            assert json.loads(answer.text)["resourceType"] == "OperationOutcome"
    assert ask(address)[1]["status"] == "booked"
    reason = {"text": MARKUP}
    kept = ask.send("PUT", address, whole | {"status": "cancelled", "cancelationReason": reason})
    assert json.loads(kept.text)["cancelationReason"] == reason


def test_operations_of_the_api(ask: FhirProgram, exam_id: int) -> None:
    program = Program(ask.client, ask.token)
    doors: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/patients", {"family": "Roe", "birth_date": "1981-05-04"}),
        ("POST", "/search", {"text": "roe"}),
        ("POST", f"/exams/{exam_id}/cancel", {"reason": "x"}),
        ("POST", f"/exams/{exam_id}/book", {"room_id": 1, "starts_at": "2026-11-25T09:00:00Z"}),
    ]
    for method, path, body in doors:
        for name in body:
            for value in (*TEXTS[2:], *OTHERS):
                answer = program.send(method, path, body | {name: value})
                assert answer.status_code < 500, (path, name, value, answer.text)
        for raw in RAW:
            answer = ask.client.open(
                f"/api/v1{path}", method=method, data=raw, content_type="application/json",
                headers={"Authorization": f"Bearer {ask.token}"},
            )  # fmt: skip
            assert 400 <= answer.status_code < 500, (path, raw[:40], answer.text)
    made = program.post("/patients", doors[0][2] | {"family": "<b>%s{{7*7}}"}, status=201)
    assert "<b>%s{{7*7}}" in json.dumps(made)
