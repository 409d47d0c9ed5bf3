"""The day, hours, waiting list, re-planning, screening and figures by the API."""

from collections.abc import Callable

import pytest

from tests.support.api import Program
from tests.support.department import ACTOR, NOW, make_contrast_ct, make_exam
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Resource
from worklist.scheduling import placement

pytestmark = pytest.mark.usefixtures("department")


@pytest.fixture
def placed_id(session_factory: db.SessionFactory) -> int:
    """An exam in CT01 at nine, and another one without a slot."""
    with db.transaction(session_factory) as session:
        exam = make_exam(session)
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        make_exam(session)
        return exam.id


def test_the_day_has_rooms_exams_and_what_waits(desk: Program, placed_id: int) -> None:
    assert [one["code"] for one in desk.get("/sites")["items"]] == ["MAIN"]
    board = desk.get("/day?day=2026-11-24")
    (room,) = board["rooms"]
    assert (board["site"], board["time_zone"], room["code"]) == ("MAIN", "UTC", "CT01")
    (card,) = room["exams"]
    assert (card["id"], card["patient_name"]) == (placed_id, "ROE, RICHARD")
    assert board["waiting_count"] == 1
    assert desk.get("/day?modality=MR")["rooms"] == []
    desk.get("/day?site=NOWHERE", status=404)


def test_a_room_has_lanes_and_says_what_is_late(desk: Program, placed_id: int) -> None:
    tiles = desk.get("/rooms")
    (tile,) = tiles["items"]
    assert (tiles["site"], tile["room"]["code"], tile["closed"]) == ("MAIN", "CT01", "")
    assert [one["id"] for one in tile["next"]] == [placed_id]
    desk.post(f"/exams/{placed_id}/check-in", {"identity_checked": True})
    board = desk.get("/rooms/CT01")
    (here,) = board["lanes"]["next"]
    assert (here["id"], here["status"], here["is_paused"]) == (placed_id, "ARRIVED", False)
    assert (here["arrived_at"], here["alert"]) == ("2026-11-24T09:00:00Z", None)
    assert board["lanes"]["now"] == board["lanes"]["later"] == board["lanes"]["done"] == []
    assert desk.get("/rooms")["items"][0]["waiting"] == 1
    nothing = desk.get("/rooms/CT01?day=2026-11-25")
    assert nothing["lanes"] == {"now": [], "next": [], "later": [], "done": []}
    desk.get("/rooms/CT99", status=404)


def test_the_slip_says_when_where_and_how_to_prepare(desk: Program, placed_id: int) -> None:
    slip = desk.get(f"/exams/{placed_id}/slip")
    assert (slip["room"]["code"], slip["comes_at"]) == ("CT01", "2026-11-24T09:00:00Z")
    assert slip["patient"]["name"]["display"] == "ROE, RICHARD"
    assert slip["bring"].startswith("Please bring this slip")
    desk.get(f"/exams/{placed_id + 1}/slip", status=422)


def test_who_is_expected_moves_on(desk: Program, placed_id: int) -> None:
    assert [one["id"] for one in desk.get("/arrivals")["late"]] == [placed_id]
    desk.post(f"/exams/{placed_id}/check-in", {"identity_checked": True})
    assert [one["id"] for one in desk.get("/arrivals")["here"]] == [placed_id]


def test_a_closure_names_who_must_leave_and_is_taken_away(desk: Program, placed_id: int) -> None:
    closure = {
        "starts_at": "2026-11-24T08:30:00Z",
        "ends_at": "2026-11-24T12:00:00Z",
        "reason": "Service",
    }
    left = desk.post("/resources/CT01/closures", closure)
    assert [one["id"] for one in left["exams"]] == [placed_id]
    week = desk.get("/resources/CT01/week?day=2026-11-24")
    (told,) = week["closures"]
    assert (told["reason"], told["ends_at"]) == ("Service", "2026-11-24T12:00:00Z")
    assert [one["id"] for one in week["displaced"]] == [placed_id]
    desk.post(f"/resources/CT01/closures/{told['id']}/end")
    desk.post(f"/resources/CT01/closures/{told['id'] + 1}/end", status=404)


def test_time_is_kept_and_given_up(desk: Program) -> None:
    block = {
        "starts_at": "2026-11-25T08:00:00Z",
        "ends_at": "2026-11-25T10:00:00Z",
        "purpose": "E",
        "release_hours": 2,
    }
    desk.post("/resources/CT01/blocks", block)
    assert "kept" in desk.post("/resources/CT01/blocks", block, status=422)["detail"]
    (told,) = desk.get("/resources/CT01/week?day=2026-11-25")["blocks"]
    assert (told["purpose"], told["release_hours"]) == ("E", 2)
    desk.post(f"/resources/CT01/blocks/{told['id']}/end")
    assert desk.get("/resources/CT01/week?day=2026-11-25")["blocks"] == []


def test_hours_are_changed_by_line(desk: Program, admin: Program) -> None:
    lines = [
        {"weekday": 1, "opens": "08:00", "closes": "12:00"},
        {"weekday": 1, "opens": "13:00", "closes": "24:00"},
        {"weekday": 2, "opens": "08:00", "closes": "17:00", "valid_from": "2027-01-01"},
    ]
    desk.ask("PUT", "/resources/CT01/hours", {"lines": lines}, status=403)
    admin.ask("PUT", "/resources/CT01/hours", {"lines": lines})
    told = desk.get("/resources/CT01/week")["hours"]
    assert [(one["weekday"], one["opens"], one["closes"]) for one in told] == [
        (1, "08:00", "12:00"), (1, "13:00", "24:00"), (2, "08:00", "17:00"),
    ]  # fmt: skip
    overlapping = [lines[0], lines[0] | {"opens": "11:00"}]
    admin.ask("PUT", "/resources/CT01/hours", {"lines": overlapping}, status=422)
    desk.get("/resources/XX/week", status=404)


def test_a_resource_out_of_use_has_no_week(
    desk: Program, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        session.query(Resource).filter_by(code="CT01").update({"active": False})
    assert "out of use" in desk.get("/resources/CT01/week", status=422)["detail"]


def test_an_exam_waits_for_a_sooner_time(desk: Program, placed_id: int) -> None:
    desk.post(f"/exams/{placed_id}/wait", {"note": "Mornings"})
    told = desk.get("/waiting")
    (entry,) = told["entries"]
    assert (told["offers"], told["next_offers"], told["next_entries"]) == ([], None, None)
    assert (entry["exam"]["id"], entry["note"]) == (placed_id, "Mornings")
    desk.post(f"/exams/{placed_id}/stop-waiting")
    desk.post(f"/exams/{placed_id}/stop-waiting", status=404)
    desk.post("/waiting/offers/1/accept", status=404)
    desk.post("/waiting/offers/1/decline", status=404)


def test_no_plan_is_better_than_a_good_one(desk: Program) -> None:
    assert desk.post("/replan", {"days": 1}) == {"proposal": None}
    assert desk.get("/replan") == {"items": [], "next": None}
    desk.post("/replan", {"days": 8}, status=422)
    desk.post("/replan/1/apply", status=404)


def test_a_plan_for_a_closed_room_is_read_and_applied(desk: Program, placed_id: int) -> None:
    closure = {
        "starts_at": "2026-11-24T08:30:00Z",
        "ends_at": "2026-11-24T12:00:00Z",
        "reason": "Service",
    }
    desk.post("/resources/CT01/closures", closure)
    proposal = desk.post("/replan", {"days": 1, "reason": "CT is down"})["proposal"]
    moves = [one for one in proposal["moves"] if one["exam"]["id"] == placed_id]
    assert moves[0]["starts_after"] >= "2026-11-24T12:00:00Z"
    assert desk.get(f"/replan/{proposal['id']}")["status"] == "open"
    assert desk.post(f"/replan/{proposal['id']}/apply")["status"] == "applied"
    assert desk.get(f"/exams/{placed_id}")["starts_at"] == moves[0]["starts_after"]


def test_screening_forms_are_filled(desk: Program, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        make_contrast_ct(session, "71260")
        exam_id = make_exam(session, procedure="71260").id
    form = desk.get(f"/exams/{exam_id}/screening")["items"][0]
    assert form["filled"] is None
    address = f"/exams/{exam_id}/screening/{form['code']}"
    assert "Not answered" in desk.post(address, {"answers": {}}, status=422)["detail"]
    answers = {
        one["code"]: {"number": "80", "day": "2026-11-01", "text": "none"}.get(one["kind"], "no")
        for one in form["questions"]
        if one["kind"] != "choice"
    }
    filled = desk.post(address, {"answers": answers})["filled"]
    assert filled["recorded_by"] == "user:engine"
    desk.post(f"/exams/{exam_id}/screening/nothing", {"answers": {}}, status=404)


def test_figures_are_told(program: Callable[..., Program], placed_id: int) -> None:
    assert placed_id
    manager = program(UserRole.MANAGER, username="manager")
    told = manager.get("/statistics?from=2026-11-24&until=2026-11-24")
    assert (told["first"], told["last"]) == ("2026-11-24", "2026-11-24")
    (room,) = told["utilisation"]
    assert (room["code"], room["open_minutes"], room["used_minutes"]) == ("CT01", 1440, 15)
    reading = manager.get("/statistics/reading")
    assert reading["backlog"] == []
    manager.get("/statistics?from=2026-11-25&until=2026-11-24", status=422)
