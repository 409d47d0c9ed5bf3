"""Exams by the API: slots, booking, moving, questions, the course, and why."""

import json
from collections.abc import Callable
from datetime import date

import pytest

from tests.support.api import Program
from tests.support.department import (
    ACTOR,
    NOW,
    make_contrast_ct,
    make_exam,
    make_patient,
    make_procedure,
)
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders.models import ExamHold, ScheduledProcedureStep
from worklist.scheduling import placement
from worklist.vocabulary import Priority

pytestmark = pytest.mark.usefixtures("department")


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    with db.transaction(session_factory) as session:
        return make_exam(session).id


@pytest.fixture
def placed_id(session_factory: db.SessionFactory, exam_id: int) -> int:
    """The exam, placed in CT01 at nine."""
    with db.transaction(session_factory) as session:
        placement.place(session, exam_id, actor=ACTOR, now=NOW)
    return exam_id


@pytest.fixture
def held(session_factory: db.SessionFactory) -> tuple[int, int]:
    """An exam with iodinated contrast of a man of 70 whose kidneys nobody knows (IC-01)."""
    with db.transaction(session_factory) as session:
        make_contrast_ct(session, "71260")
        patient = make_patient(session, birth_date=date(1956, 1, 2))
        exam = make_exam(session, procedure="71260", patient=patient)
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        (hold,) = exam.holds
        return exam.id, hold.id


def test_the_first_free_slots_are_found(desk: Program, exam_id: int) -> None:
    first, *_ = desk.get(f"/exams/{exam_id}/slots")["items"]
    assert (first["room_code"], first["starts_at"]) == ("CT01", "2026-11-24T09:00:00Z")
    assert first["ends_at"] == "2026-11-24T09:15:00Z"


@pytest.mark.parametrize(
    ("query", "start"),
    [
        ("from=2026-11-25T10:00:00Z", "2026-11-25T10:00:00Z"),
        ("from=2026-11-25T10:00:00%2B01:00", "2026-11-25T09:00:00Z"),
        ("after_time=13:00&before_time=14:00", "2026-11-24T13:00:00Z"),
        ("before_time=08:00", "2026-11-25T00:00:00Z"),
    ],
)
def test_slots_are_found_as_they_are_wanted(
    desk: Program, exam_id: int, query: str, start: str
) -> None:
    found = desk.get(f"/exams/{exam_id}/slots?{query}&limit=3")["items"]
    assert len(found) == 3
    assert found[0]["starts_at"] == start


def test_slots_around_a_time_begin_with_the_nearest(desk: Program, exam_id: int) -> None:
    address = f"/exams/{exam_id}/slots?around=2026-11-25T14:00:00Z"
    found = [one["starts_at"][:16] for one in desk.get(f"{address}&limit=3")["items"]]
    assert found[0] == "2026-11-25T14:00"
    assert sorted(found[1:]) == ["2026-11-25T13:45", "2026-11-25T14:15"]
    told = desk.get(f"{address}&after_time=13:00", status=422)["detail"]
    assert "around goes with room_id" in told


def test_slots_may_be_of_one_room_up_to_a_time(desk: Program, exam_id: int) -> None:
    room = desk.get(f"/exams/{exam_id}/slots")["items"][0]["room_id"]
    query = f"room_id={room}&until=2026-11-24T09:30:00Z&limit=50"
    found = desk.get(f"/exams/{exam_id}/slots?{query}")["items"]
    assert found
    assert all(one["starts_at"] < "2026-11-24T09:30:00Z" for one in found)
    desk.get(f"/exams/{exam_id}/slots?room_id=999", status=422)
    desk.get(f"/exams/{exam_id}/slots?after_time=14:00&before_time=13:00", status=422)


def test_an_exam_is_booked_and_moved(desk: Program, exam_id: int) -> None:
    slot = desk.get(f"/exams/{exam_id}/slots")["items"][0]
    chosen = {"room_id": slot["room_id"], "starts_at": slot["starts_at"]}
    booked = desk.send("POST", f"/exams/{exam_id}/book", chosen)
    assert booked.status_code == 200
    assert json.loads(booked.text)["status"] == "SCHEDULED"
    assert json.loads(booked.text)["room"]["code"] == "CT01"
    moved = desk.post(
        f"/exams/{exam_id}/book",
        chosen | {"starts_at": "2026-11-24T10:00:00Z"},
        If_Match=booked.headers["ETag"],
    )
    assert moved["starts_at"] == "2026-11-24T10:00:00Z"
    assert moved["version"] > json.loads(booked.text)["version"]


def test_a_taken_slot_comes_with_free_ones(
    desk: Program, session_factory: db.SessionFactory, placed_id: int
) -> None:
    with db.transaction(session_factory) as session:
        other = make_exam(session).id
        room_id = session.get_one(ScheduledProcedureStep, placed_id).room_id
    body = {"room_id": room_id, "starts_at": "2026-11-24T09:00:00Z"}
    told = desk.post(f"/exams/{other}/book", body, status=409)
    assert told["slots"][0]["starts_at"] == "2026-11-24T09:15:00Z"


def test_what_was_seen_must_still_be_so(desk: Program, placed_id: int) -> None:
    seen = desk.send("GET", f"/exams/{placed_id}").headers["ETag"]
    desk.post(f"/exams/{placed_id}/check-in", If_Match=seen)
    told = desk.post(f"/exams/{placed_id}/cancel", {"reason": "Late"}, status=412, If_Match=seen)
    assert "ARRIVED" in told["detail"]
    desk.post(f"/exams/{placed_id}/cancel", {"reason": "Late"}, status=412, If_Match='"x"')


def test_the_course_of_an_exam(
    desk: Program, program: Callable[..., Program], placed_id: int
) -> None:
    arrived = desk.post(f"/exams/{placed_id}/check-in", {"identity_checked": True})
    assert (arrived["status"], arrived["arrived_at"]) == ("ARRIVED", "2026-11-24T09:00:00Z")
    assert desk.post(f"/exams/{placed_id}/ready")["status"] == "READY"
    desk.post(f"/exams/{placed_id}/start", status=403)
    technologist = program(UserRole.TECHNOLOGIST, username="tech")
    assert technologist.post(f"/exams/{placed_id}/start")["status"] == "STARTED"
    assert technologist.post(f"/exams/{placed_id}/complete")["status"] == "COMPLETED"
    assert technologist.post(f"/exams/{placed_id}/start")["status"] == "STARTED"
    technologist.post(f"/exams/{placed_id}/discontinue", {}, status=422)
    broken = technologist.post(f"/exams/{placed_id}/discontinue", {"reason": "Unwell"})
    assert (broken["status"], broken["status_reason"]) == ("DISCONTINUED", "Unwell")
    actions = [one["action"] for one in desk.get(f"/exams/{placed_id}/events")["items"]]
    assert "exam.identity_checked" in actions
    assert actions.index("exam.discontinued") < actions.index("exam.arrived")


def test_an_exam_does_not_start_while_a_question_is_open(
    program: Callable[..., Program], session_factory: db.SessionFactory, placed_id: int
) -> None:
    tech = program(UserRole.TECHNOLOGIST)
    with db.transaction(session_factory) as session:
        hold = ExamHold(
            exam_id=placed_id, rule="RM-01", role="technologist", question="Is the line in?",
            finding={"text": "", "source": ""}, raised_at=NOW,
        )  # fmt: skip
        session.add(hold)
        session.flush()
        hold_id = hold.id
    told = tech.post(f"/exams/{placed_id}/start", status=422)
    assert told["type"] == "urn:worklist:problem:open-questions"
    assert [(one["id"], one["question"]) for one in told["questions"]] == [
        (hold_id, "Is the line in?")
    ]
    tech.post(f"/exams/{placed_id}/questions/{hold_id}/override", {"reason": "It is"})
    assert tech.post(f"/exams/{placed_id}/start")["status"] == "STARTED"


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("no-show", None, "NO_SHOW"),
        ("cancel", {"reason": "Not needed"}, "CANCELED"),
        ("unschedule", {"reason": "Patient asked"}, "UNSCHEDULED"),
    ],
)
def test_what_takes_the_slot_away(
    desk: Program, placed_id: int, action: str, body: object, status: str
) -> None:
    told = desk.post(f"/exams/{placed_id}/{action}", body)
    assert (told["status"], told["starts_at"]) == (status, None)
    assert desk.post(f"/exams/{placed_id}/place")["status"] == "UNSCHEDULED"


def test_what_cannot_be_is_refused(
    desk: Program, program: Callable[..., Program], exam_id: int
) -> None:
    told = desk.post(f"/exams/{exam_id}/check-in", status=422)
    assert "UNSCHEDULED" in told["detail"]
    program(UserRole.TECHNOLOGIST, username="tech").post(f"/exams/{exam_id}/complete", status=422)


def test_an_exam_that_waits_for_an_answer_says_so(desk: Program, held: tuple[int, int]) -> None:
    exam_id, _ = held
    told = desk.get(f"/exams/{exam_id}")
    assert told["status"] == "HELD"
    assert [one["fact"] for one in told["questions"]] == ["egfr"]
    assessed = desk.get(f"/exams/{exam_id}/assessment")
    assert [one["rule"] for one in assessed["questions"]] == [told["questions"][0]["rule"]]
    assert assessed["rooms"][0]["code"] == "CT01"
    slot = {"room_id": assessed["rooms"][0]["id"], "starts_at": "2026-11-24T10:00:00Z"}
    refused = desk.post(f"/exams/{exam_id}/book", slot, status=422)
    assert refused["type"] == "urn:worklist:problem:rule"
    assert refused["findings"][0]["effect"] == "hold"


def test_a_question_is_answered_by_a_fact(
    program: Callable[..., Program], held: tuple[int, int]
) -> None:
    exam_id, hold_id = held
    admin = program(UserRole.ADMINISTRATOR, username="admin")
    address = f"/exams/{exam_id}/questions/{hold_id}"
    fact = {"kind": "egfr", "value": {"number": 75}}
    reader = program(UserRole.MANAGER, username="manager")
    reader.post(f"{address}/answer", {"facts": [fact]}, status=403)
    told = admin.post(f"{address}/answer", {"facts": [fact]})
    assert (told["resolution"], told["resolved_by"]) == ("answered", "user:admin")
    again = admin.post(f"{address}/answer", {"facts": [fact]}, status=409)
    assert "meanwhile" in again["detail"]


def test_a_question_is_overridden_for_a_reason(
    program: Callable[..., Program], held: tuple[int, int]
) -> None:
    exam_id, hold_id = held
    admin = program(UserRole.ADMINISTRATOR, username="admin")
    address = f"/exams/{exam_id}/questions/{hold_id}/override"
    admin.post(address, {"reason": "  "}, status=422)
    told = admin.post(address, {"reason": "Emergency"})
    assert (told["resolution"], told["reason"]) == ("overridden", "Emergency")


def test_an_exam_tells_why(desk: Program, exam_id: int) -> None:
    before = desk.get(f"/exams/{exam_id}/explanation")
    assert before["explanation"] is None
    slot = desk.get(f"/exams/{exam_id}/slots")["items"][0]
    chosen = {"room_id": slot["room_id"], "starts_at": slot["starts_at"]}
    desk.post(f"/exams/{exam_id}/book", chosen)
    told = desk.get(f"/exams/{exam_id}/explanation")
    assert told["outcome"] == "placed"
    assert told["explanation"]["chosen"]["room"] == "CT01"
    assert told["summary"] == "CT01: chosen by engine."


def test_less_urgent_exams_make_room(desk: Program, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        for _ in range(12):
            one = make_exam(session, priority=Priority.ROUTINE)
            placement.place(session, one.id, actor=ACTOR, now=NOW)
        urgent = make_exam(session, priority=Priority.STAT).id
    ways = desk.get(f"/exams/{urgent}/displacements")["items"]
    assert ways
    way = ways[0]
    body = {
        "moved": [one["id"] for one in way["exams"]],
        "room_id": way["slot"]["room_id"],
        "starts_at": way["slot"]["starts_at"],
    }
    assert desk.post(f"/exams/{urgent}/displace", body)["starts_at"] == way["slot"]["starts_at"]
    assert desk.get(f"/exams/{body['moved'][0]}")["status"] == "UNSCHEDULED"


def test_a_technologist_records_what_was_done(
    program: Callable[..., Program], session_factory: db.SessionFactory, placed_id: int
) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session, "71271")
    technologist = program(UserRole.TECHNOLOGIST, username="tech")
    exam = f"/exams/{placed_id}"
    technologist.post(f"{exam}/start")
    given = {"agent": "Iomeprol", "volume_ml": 80, "lot": "L1", "reaction": "mild"}
    made = technologist.post(f"{exam}/contrast", given, status=201)
    assert (made["agent"], made["volume_ml"], made["given_at"]) == (
        "Iomeprol", 80, "2026-11-24T09:00:00Z",
    )  # fmt: skip
    future = given | {"given_at": "2027-01-01T00:00:00Z"}
    technologist.post(f"{exam}/contrast", future, status=422)
    assert [one["id"] for one in technologist.get(f"{exam}/contrast")["items"]] == [made["id"]]
    technologist.post(f"{exam}/contrast/{made['id']}/withdraw")
    assert technologist.get(f"{exam}/contrast")["items"] == []
    dose = technologist.ask("PUT", f"{exam}/dose", {"dlp_mgy_cm": 312.5})
    assert "312.5" in dose["text"]
    other = {"procedure_code": "71271", "reason": "Low dose asked for"}
    assert technologist.post(f"{exam}/procedure", other)["procedure_code"] == "71271"
    technologist.post(f"{exam}/pause", {}, status=422)
    technologist.post(f"{exam}/pause", {"reason": "Patient unwell"})
    assert technologist.post(f"{exam}/resume")["status"] == "STARTED"


def test_a_department_without_mail_sends_no_slip(desk: Program, placed_id: int) -> None:
    told = desk.post(f"/exams/{placed_id}/slip", {"email": "anna@example.org"}, status=422)
    assert "no e-mail" in told["detail"]
