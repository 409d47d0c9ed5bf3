"""What every operation of the JSON API has in common.

Problems follow RFC 9457, conditional requests RFC 9110 section 13.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.support import web
from tests.support.api import Program
from tests.support.department import ACTOR, NOW
from worklist import db
from worklist.auth import idempotency, queries, tokens
from worklist.auth.roles import UserRole

PATIENT = {"family": "Roe", "given": "Anna", "birth_date": "1981-05-04", "sex": "F"}


def test_without_a_token_nothing_is_told(client: FlaskClient) -> None:
    answer = client.get("/api/v1/patients/1")
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "API token" in json.loads(answer.text)["detail"]


@pytest.mark.parametrize("given", ["Bearer wl_wrong", "Bearer ", "Basic ZGVzazpw", "nonsense"])
def test_a_wrong_token_opens_nothing_even_beside_a_session(
    client: FlaskClient, session_factory: db.SessionFactory, given: str
) -> None:
    web.sign_in(client, web.make_user(session_factory, UserRole.ADMINISTRATOR))
    answer = client.get("/api/v1/patients/1", headers={"Authorization": given})
    assert answer.status_code == 401


def test_wrong_tokens_are_counted(client: FlaskClient, desk: Program) -> None:
    wrong = {"Authorization": "Bearer wl_wrong"}
    answers = [client.get("/api/v1/patients/1", headers=wrong) for _ in range(21)]
    assert [one.status_code for one in answers] == [401] * 20 + [429]
    assert answers[20].headers["Retry-After"] == "60"
    assert json.loads(answers[20].text)["type"] == "urn:worklist:problem:too-many"
    desk.post("/patients", PATIENT, status=201)


def test_a_token_may_what_its_account_may(program: Callable[..., Program]) -> None:
    reader = program(UserRole.RADIOLOGIST)
    told = reader.post("/patients", PATIENT, status=403)
    assert told["type"] == "urn:worklist:problem:forbidden"
    assert "book" in told["detail"]


def test_a_revoked_token_opens_nothing(desk: Program, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        user = queries.by_name(session, "engine")
        tokens.revoke(session, tokens.of(session, user)[0], actor=ACTOR, now=NOW)
    assert desk.send("GET", "/patients/1").status_code == 401


def test_a_token_opens_no_page(desk: Program) -> None:
    assert (
        desk.client.get("/rooms", headers={"Authorization": f"Bearer {desk.token}"}).status_code
        == 302
    )


def test_a_session_reads_and_changes_only_with_the_pages_token(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    web.sign_in(client, web.make_user(session_factory, UserRole.FRONT_DESK))
    assert client.get("/api/v1/patients/1").status_code == 404
    refused = client.post("/api/v1/patients", json=PATIENT)
    assert refused.status_code == 400
    assert refused.content_type == "application/problem+json"
    token = web.token_of(client.get("/accounts/own").text)
    made = client.post("/api/v1/patients", json=PATIENT, headers={"X-CSRFToken": token})
    assert made.status_code == 201


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        ({}, "body.family", "fill this in"),
        (PATIENT | {"birth_date": "yesterday"}, "body.birth_date", "write the day"),
        (PATIENT | {"birth_date": "0001-01-01"}, "body.birth_date", "between 1850 and 2200"),
        (PATIENT | {"shoe_size": 43}, "body.shoe_size", "no such field"),
        (PATIENT | {"family": "Roe^Anna"}, "body.family", "do not belong"),
        (PATIENT | {"family": "x" * 61}, "body.family", "at most 60"),
    ],
)
def test_what_is_wrong_with_a_body_is_told(
    desk: Program, body: object, where: str, what: str
) -> None:
    told = desk.post("/patients", body, status=422)
    assert told["type"] == "urn:worklist:problem:invalid"
    assert told["title"]
    assert told["status"] == 422
    (error,) = [one for one in told["errors"] if one["where"] == where]
    assert what in error["what"]
    assert where in told["detail"]


@pytest.mark.parametrize(
    ("data", "kind", "status", "told"),
    [
        ("{", "application/json", 400, "not JSON"),
        ('{"family": NaN}', "application/json", 400, "not JSON"),
        ("[" * 100_000, "application/json", 400, "not JSON"),
        ('{"family": "a\\u0000b"}', "application/json", 400, "character"),
        ('{"family": "a\\ud800b"}', "application/json", 400, "character"),
        ("[1, 2]", "application/json", 422, "body"),
        ("family=Roe", "application/x-www-form-urlencoded", 415, "application/json"),
        ("{}" + " " * 2_000_000, "application/json", 413, "too long"),
    ],
)
def test_a_body_that_cannot_be_read_is_told(
    desk: Program, data: str, kind: str, status: int, told: str
) -> None:
    answer = desk.client.post(
        "/api/v1/patients",
        data=data,
        headers={"Authorization": f"Bearer {desk.token}", "Content-Type": kind},
    )
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert told in json.loads(answer.text)["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/patients/99999999999999999999999", 404),
        ("/patients/x", 404),
        ("/nothing", 404),
        ("/exams?colour=red", 422),
        ("/exams?tab=closed", 422),
        ("/exams?modality=a%00b", 422),
        ("/patients/1?x=1", 422),
        ("/orders?after=x", 422),
    ],
)
def test_an_address_that_is_none_is_a_problem(desk: Program, path: str, status: int) -> None:
    told = desk.get(path, status=status)
    assert told["status"] == status


def test_another_method_is_a_problem(desk: Program) -> None:
    assert desk.ask("DELETE", "/patients/1", status=405)["status"] == 405


def test_the_same_key_gives_the_same_answer_and_makes_one(desk: Program) -> None:
    first = desk.send("POST", "/patients", PATIENT, Idempotency_Key="k1")
    again = desk.send("POST", "/patients", PATIENT, Idempotency_Key="k1")
    assert first.status_code == again.status_code == 201
    assert json.loads(first.text) == json.loads(again.text)
    assert first.headers["Location"] == again.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    found = desk.post("/search", {"text": "Roe, Anna"})
    assert len(found["patients"]) == 1


def test_two_at_once_with_one_key_make_one(desk: Program) -> None:
    def send(_: int) -> tuple[int, int]:
        program = Program(desk.client.application.test_client(), desk.token)
        answer = program.send("POST", "/patients", PATIENT, Idempotency_Key="k1")
        return answer.status_code, json.loads(answer.text)["id"]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert {status for status, _ in answers} == {201}
    assert len({patient_id for _, patient_id in answers}) == 1


def test_a_key_is_for_one_request(desk: Program) -> None:
    desk.post("/patients", PATIENT, status=201, Idempotency_Key="k1")
    told = desk.post("/patients", PATIENT | {"given": "Bea"}, status=422, Idempotency_Key="k1")
    assert "another request" in told["detail"]


def test_a_key_is_an_accounts_own(desk: Program, program: Callable[..., Program]) -> None:
    desk.post("/patients", PATIENT, status=201, Idempotency_Key="k1")
    other = program(UserRole.FRONT_DESK, username="other")
    other.post("/patients", PATIENT, status=409, Idempotency_Key="k1")


def test_a_refused_request_leaves_its_key_free(desk: Program) -> None:
    desk.post("/patients", {}, status=422, Idempotency_Key="k1")
    desk.post("/patients", PATIENT, status=201, Idempotency_Key="k1")


def test_a_key_is_forgotten_after_a_day(desk: Program, session_factory: db.SessionFactory) -> None:
    desk.post("/patients", PATIENT, status=201, Idempotency_Key="k1")
    with db.transaction(session_factory) as session:
        assert idempotency.forget(session, now=NOW + timedelta(hours=23)) == 0
        assert idempotency.forget(session, now=NOW + timedelta(hours=25)) == 1


def test_times_have_their_offset(desk: Program) -> None:
    made = desk.post("/patients", PATIENT, status=201)
    assert made["updated_at"] == "2026-11-24T09:00:00Z"
