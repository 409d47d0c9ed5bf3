"""Patients by the API: registering with its guard, changing, facts, merge and undo."""

import json

import pytest

from tests.support.api import Program

ANNA = {"family": "Müller", "given": "Anna Maria", "birth_date": "1981-05-04", "sex": "F"}


@pytest.fixture
def anna(desk: Program) -> int:
    made: int = desk.post("/patients", ANNA, status=201)["id"]
    return made


def test_a_registered_patient_is_found_and_read(desk: Program) -> None:
    answer = desk.send("POST", "/patients", ANNA | {"phone": "+43 1 234"})
    assert answer.status_code == 201
    told = desk.get(answer.headers["Location"])
    assert told["name"] == {
        "display": "Müller, Anna Maria", "family": "Müller", "given": "Anna Maria", "middle": "",
        "prefix": "", "suffix": "",
    }  # fmt: skip
    assert (told["birth_date"], told["sex"], told["phone"]) == ("1981-05-04", "F", "+43 1 234")
    assert told["identifiers"][0]["issuer"] == "WORKLIST"
    found = desk.post("/search", {"text": "mueller"})
    assert not found["more"]
    found = desk.post("/search", {"text": "muller anna"})
    assert [one["id"] for one in found["patients"]] == [told["id"]]


def test_somebody_alike_is_shown_before_another_is_made(desk: Program, anna: int) -> None:
    alike = ANNA | {"given": "Anna"}
    told = desk.post("/patients", alike, status=409)
    assert told["type"] == "urn:worklist:problem:patient-alike"
    assert [one["id"] for one in told["patients"]] == [anna]
    made = desk.post("/patients", alike | {"sure": True}, status=201)
    assert made["id"] != anna


def test_a_number_of_another_patient_is_refused(desk: Program) -> None:
    number = {"identifier": {"value": "4711", "issuer": "MAIN"}}
    desk.post("/patients", ANNA | number, status=201)
    other = {"family": "Roe", "birth_date": "1950-01-01"} | number
    assert "somebody's already" in desk.post("/patients", other, status=422)["detail"]


def test_a_change_leaves_what_it_does_not_name(desk: Program, anna: int) -> None:
    told = desk.patch(
        f"/patients/{anna}", {"family": "Huber", "email": "anna@example.org", "language": "deu"}
    )
    assert told["name"]["display"] == "Huber, Anna Maria"
    assert told["language"] == "de"
    desk.patch(f"/patients/{anna}", {"language": "Elvish"}, status=422)
    assert (told["email"], told["birth_date"]) == ("anna@example.org", "1981-05-04")


def test_a_change_of_what_was_changed_meanwhile_is_refused(desk: Program, anna: int) -> None:
    read = desk.send("GET", f"/patients/{anna}")
    tag = read.headers["ETag"]
    desk.patch(f"/patients/{anna}", {"phone": "1"}, If_Match=tag)
    told = desk.patch(f"/patients/{anna}", {"phone": "2"}, status=412, If_Match='"2020-01-01"')
    assert told["type"] == "urn:worklist:problem:changed"
    assert desk.get(f"/patients/{anna}")["phone"] == "1"


def test_a_birth_in_the_future_is_refused(desk: Program) -> None:
    told = desk.post("/patients", ANNA | {"birth_date": "2030-01-01"}, status=422)
    assert "future" in told["detail"]


def test_a_fact_is_recorded_once_and_ended(desk: Program, anna: int) -> None:
    fact = {"kind": "egfr", "value": {"number": 58}, "observed_at": "2026-11-23T08:00:00+01:00"}
    first = desk.send("POST", f"/patients/{anna}/facts", fact)
    assert first.status_code == 201
    assert json.loads(first.text)["observed_at"] == "2026-11-23T07:00:00Z"
    again = desk.post(f"/patients/{anna}/facts", fact, status=201)
    assert again["id"] == json.loads(first.text)["id"]
    assert len(desk.get(f"/patients/{anna}/chart")["facts"]) == 1
    ended = desk.post(f"{first.headers['Location']}/end")
    assert ended["ended_at"] == "2026-11-24T09:00:00Z"
    chart = desk.get(f"/patients/{anna}/chart")
    assert (len(chart["facts"]), len(chart["past_facts"])) == (0, 1)


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ({"kind": "egfr", "value": {}}, "number"),
        ({"kind": "implant", "subject": "x", "value": {"safety": "maybe"}}, "safety"),
        ({"kind": "weight", "value": {"number": 70}, "observed_at": "2027-01-01T00:00:00Z"},
         "future"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_fact_is_told(
    desk: Program, anna: int, fact: object, told: str
) -> None:
    assert told in desk.post(f"/patients/{anna}/facts", fact, status=422)["detail"]


def test_a_time_without_its_offset_is_refused(desk: Program, anna: int) -> None:
    fact = {"kind": "weight", "value": {"number": 70}, "observed_at": "2026-11-23T08:00:00"}
    told = desk.post(f"/patients/{anna}/facts", fact, status=422)
    assert told["errors"][0]["where"] == "body.observed_at"
    assert "timezone" in told["errors"][0]["what"]


def test_a_merge_is_undone(desk: Program, anna: int) -> None:
    other = desk.post("/patients", ANNA | {"given": "Ana", "sure": True}, status=201)["id"]
    merge = desk.post(f"/patients/{anna}/merges", {"merged_id": other}, status=201)
    assert desk.get(f"/patients/{other}")["merged_into_id"] == anna
    assert desk.get(f"/patients/{anna}/chart")["merges"][0]["id"] == merge["id"]
    desk.post(f"/patients/{other}/merges/{merge['id']}/undo", status=404)
    undone = desk.post(f"/patients/{anna}/merges/{merge['id']}/undo")
    assert undone["undone_at"] is not None
    assert desk.get(f"/patients/{other}")["merged_into_id"] is None


@pytest.mark.usefixtures("department")
def test_a_site_is_preferred(desk: Program, anna: int) -> None:
    def preferred() -> object:
        return desk.get(f"/patients/{anna}/chart")["preferred_site"]

    assert preferred() is None
    assert desk.ask("PUT", f"/patients/{anna}/site", {"site": "MAIN"})["id"] == anna
    assert preferred() == "MAIN"
    desk.ask("PUT", f"/patients/{anna}/site", {"site": None})
    assert preferred() is None
    desk.ask("PUT", f"/patients/{anna}/site", {"site": "ELSEWHERE"}, status=404)


def test_what_does_not_exist_is_told(desk: Program, anna: int) -> None:
    desk.get("/patients/999", status=404)
    desk.post("/patients/999/facts", {"kind": "need", "subject": "lift"}, status=404)
    desk.post(f"/patients/{anna}/merges", {"merged_id": 999}, status=404)
    desk.post(f"/patients/{anna}/facts/999/end", status=404)
