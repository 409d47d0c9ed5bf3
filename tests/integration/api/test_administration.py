"""What administrators do by the API: messages, peers, stations, rules, catalogue, accounts."""

import pytest

from tests.support import web
from tests.support.api import Program
from tests.support.department import make_exam
from worklist import db
from worklist.auth.roles import UserRole

pytestmark = pytest.mark.usefixtures("department")

PEER = {"name": "HIS", "direction": "outbound", "host": "his.example", "port": 2575}
BROKEN = "MSH|^~\\&|HIS|MAIN|WL|RAD|20261124090000||ORM^O01|C1|P|2.5\rPID|1||4711^^^MAIN"


def test_a_message_is_tried_without_a_trace(admin: Program) -> None:
    told = admin.post("/messages/try", {"text": BROKEN})
    assert told["error"]
    assert told["answer"].startswith("MSH|")
    assert admin.get("/messages")["items"] == []
    admin.get("/messages/1", status=404)
    admin.post("/messages/1/replay", status=404)
    admin.post("/messages/1/correct", {"text": BROKEN}, status=404)
    admin.post("/messages/find", {"text": "4711"}, status=404)


def test_the_outbox_is_empty_and_says_so(admin: Program) -> None:
    assert admin.get("/outbox?state=WAITING") == {"items": [], "next": None}
    admin.get("/outbox/1", status=404)
    admin.post("/outbox/1/replay", status=404)
    admin.post("/outbox/1/discard", status=404)


def test_a_peer_is_made_changed_and_paused(admin: Program) -> None:
    made = admin.send("POST", "/peers", PEER)
    assert made.status_code == 201
    assert made.headers["Location"] == "/api/v1/peers/HIS"
    tag = admin.send("GET", "/peers/HIS").headers["ETag"]
    told = admin.ask("PUT", "/peers/HIS", PEER | {"port": 2576}, If_Match=tag)
    assert told["profile"]["port"] == 2576
    admin.ask("PUT", "/peers/HIS", PEER, status=412, If_Match='"2020"')
    wrong = admin.ask("PUT", "/peers/HIS", PEER | {"name": "OTHER"}, status=422)
    assert wrong["errors"][0]["where"] == "body.name"
    entry = PEER | {"token_file": "/nowhere/token"}
    (no_token,) = admin.ask("PUT", "/peers/HIS", entry, status=422)["errors"]
    assert no_token == {"where": "body.token_file", "what": "No such file or directory"}
    assert admin.post("/peers/HIS/pause")["paused"] is True
    assert admin.post("/peers/HIS/resume")["paused"] is False
    assert admin.post("/peers/HIS/disable")["active"] is False
    assert [one["name"] for one in admin.get("/peers")["items"]] == ["HIS"]
    admin.post("/peers/NONE/enable", status=404)
    assert "body.host" in str(admin.post("/peers", PEER | {"host": 5}, status=422)["errors"])


def test_a_station_tells_why_an_exam_is_not_on_its_list(
    admin: Program, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        accession = make_exam(session).order.accession_number
    (told,) = admin.get(f"/stations/CT01/explanation?accession={accession}")["items"]
    assert told["is_listed"] is False
    assert not all(line["holds"] for line in told["lines"])
    assert [one["ae_title"] for one in admin.get("/stations")["items"]] == ["CT01"]
    profile = admin.ask("PUT", "/stations/CT01/profile", {"answer_limit": 50})["profile"]
    assert profile["answer_limit"] == 50
    admin.ask("PUT", "/stations/CT01/profile", {"answer_limit": 0}, status=422)
    admin.ask("PUT", "/stations/XX/profile", {}, status=404)


def test_a_threshold_is_changed_for_a_reason(admin: Program) -> None:
    rules = admin.get("/rules")
    assert any(one["id"] == "IC-01" for one in rules["rules"])
    number = next(one for one in rules["thresholds"] if isinstance(one["value"], int | float))
    name = number["name"]
    address = f"/rules/thresholds/{name}"
    admin.ask("PUT", address, {"value": number["value"]}, status=422)
    same = admin.ask("PUT", address, {"value": number["value"], "reason": "Test"})
    assert same == {"changed": []}
    admin.ask("PUT", address, {"value": "many", "reason": "Test"}, status=422)
    admin.ask("PUT", "/rules/thresholds/nothing", {"value": 1, "reason": "Test"}, status=404)
    tried = admin.ask("POST", "/rules/thresholds/egfr_low/try", {"value": 45})
    assert tried["held"] == {"more": 0, "fewer": 0}
    admin.ask("POST", "/rules/thresholds/egfr_low/try", {"value": 5}, status=422)
    assert admin.get("/policy")["numbers"]
    admin.ask("PUT", "/policy/nothing", {"value": 1, "reason": "Test"}, status=404)


def test_a_room_is_made_changed_and_retired(admin: Program) -> None:
    room = {"code": "CT02", "name": "CT 2", "site": "MAIN", "modalities": ["CT"]}
    made = admin.send("POST", "/catalogue/room", room)
    assert made.status_code == 201
    assert admin.get(made.headers["Location"])["values"]["name"] == "CT 2"
    told = admin.ask("PUT", "/catalogue/room/CT02", room | {"name": "CT two"})
    assert told["values"]["name"] == "CT two"
    other = admin.ask("PUT", "/catalogue/room/CT02", room | {"code": "CT01"}, status=422)
    assert other["errors"][0]["where"] == "body.code"
    taken = admin.post("/catalogue/room", room, status=422)
    assert taken["errors"][0]["where"] == "body.code"
    assert admin.post("/catalogue/room/CT02/retire", {})["active"] is False
    assert admin.post("/catalogue/room/CT02/restore", {})["active"] is True
    codes = [one["code"] for one in admin.get("/catalogue/room")["items"]]
    assert codes == ["CT01", "CT02"]
    changed = admin.get("/changes?kind=room&code=CT02")["items"]
    assert changed[-1]["before"] is None
    admin.get("/catalogue/nothing", status=404)


def test_a_procedure_that_is_needed_is_retired_only_for_sure(
    admin: Program, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        exam_id = make_exam(session).id
    told = admin.post("/catalogue/procedure/71250/retire", {}, status=409)
    assert [one["id"] for one in told["exams"]] == [exam_id]
    assert admin.post("/catalogue/procedure/71250/retire", {"sure": True})["active"] is False


def test_a_holiday_is_taken_away(admin: Program) -> None:
    holiday = {"site": "MAIN", "day": "2026-12-25", "name": "Christmas"}
    made = admin.post("/catalogue/holiday", holiday, status=201)
    assert made["code"] == "MAIN_2026-12-25"
    admin.ask("DELETE", f"/catalogue/holiday/{made['code']}")
    admin.get(f"/catalogue/holiday/{made['code']}", status=404)


def test_an_account_is_made_changed_and_closed(admin: Program, desk: Program) -> None:
    body = {
        "username": "rita",
        "display_name": "Rita Roe",
        "password": "a very long sentence",
        "roles": ["front_desk"],
    }
    desk.post("/accounts", body, status=403)
    admin.post("/accounts", body, status=201)
    admin.post("/accounts", body, status=422)
    roles = admin.ask("PUT", "/accounts/rita/roles", {"roles": ["manager"]})["roles"]
    assert roles == ["manager"]
    admin.ask("PUT", "/accounts/rita/password", {"password": "short"}, status=422)
    admin.ask("PUT", "/accounts/rita/password", {"password": "another long sentence"})
    assert admin.post("/accounts/rita/close")["active"] is False
    assert admin.post("/accounts/rita/open")["active"] is True
    admin.ask("PUT", "/accounts/admin/roles", {"roles": []}, status=422)
    assert admin.get("/accounts/rita")["username"] == "rita"


def test_a_token_makes_no_token_but_a_session_does(
    desk: Program, session_factory: db.SessionFactory
) -> None:
    told = desk.post("/own/tokens", {"name": "again", "days": 30}, status=403)
    assert "cannot create tokens" in told["detail"]
    (own,) = desk.get("/own")["tokens"]
    web.sign_in(desk.client, web.make_user(session_factory, UserRole.FRONT_DESK))
    csrf = web.token_of(desk.client.get("/accounts/own").text)
    made = desk.client.post(
        "/api/v1/own/tokens",
        json={"name": "new", "days": 30},
        headers={"X-CSRFToken": csrf},
    )
    assert made.status_code == 201
    assert (made.get_json() or {})["text"].startswith("wl_")
    desk.post(f"/own/tokens/{own['id']}/revoke")
    assert desk.send("GET", "/own").status_code == 401


def test_the_trail_is_read_by_patient(admin: Program, desk: Program) -> None:
    body = {"family": "Roe", "birth_date": "1981-05-04"}
    patient_id = desk.post("/patients", body, status=201)["id"]
    desk.get("/audit", status=403)
    (event,) = admin.get(f"/audit?patient_id={patient_id}")["items"]
    assert (event["action"], event["actor"]) == ("patient.registered", "user:engine")


def test_a_list_has_as_many_items_as_are_asked_for(
    admin: Program, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        for _ in range(3):
            make_exam(session)
    newest = [one["id"] for one in admin.get("/orders")["items"]]
    first = admin.get("/orders?limit=2")
    assert [one["id"] for one in first["items"]] == newest[:2]
    rest = admin.get(first["next"].removeprefix("/api/v1"))
    assert [one["id"] for one in rest["items"]] == newest[2:]
    assert rest["next"] is None
    for address in ("/orders?limit=0", "/exams?limit=501", "/messages?limit=many"):
        assert admin.get(address, status=422)["errors"][0]["where"] == "query.limit"


@pytest.mark.parametrize(
    "address",
    [
        "/orders", "/exams", "/messages", "/outbox", "/stations", "/accounts", "/changes",
        "/audit", "/catalogue/room", "/reading",
    ],
)  # fmt: skip
def test_every_list_takes_a_limit(admin: Program, address: str) -> None:
    assert len(admin.get(f"{address}?limit=1")["items"]) <= 1


def test_a_site_is_retired_by_a_program_after_its_rooms(admin: Program) -> None:
    refused = admin.post("/catalogue/site/MAIN/retire", {}, status=422)
    assert "CT01" in refused["detail"]
    assert [one["code"] for one in admin.get("/sites")["items"]] == ["MAIN"]
