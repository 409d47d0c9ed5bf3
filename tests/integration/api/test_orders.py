"""Orders by the API: what they would lead to, making, changing, cancelling, and lists."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.support.api import Program
from tests.support.department import make_exam, make_patient, make_procedure
from worklist import db
from worklist.catalogue.models import Room

pytestmark = pytest.mark.usefixtures("department")


@pytest.fixture
def patient_id(session_factory: db.SessionFactory) -> int:
    with db.transaction(session_factory) as session:
        return make_patient(session).id


def test_an_order_is_made_with_the_slot_chosen(desk: Program, patient_id: int) -> None:
    asked = {"patient_id": patient_id, "procedure_codes": ["71250"], "patient_class": "I"}
    seen = desk.post("/orders/outlook", asked)
    assert (seen["minutes"], seen["blocks"], seen["questions"]) == (15, [], [])
    (slot,) = seen["offers"][0]
    assert (slot["exam"], slot["room_code"]) == (0, "CT01")
    assert slot["starts_at"] == "2026-11-24T09:00:00Z"
    assert desk.get("/orders")["items"] == []
    body = {
        "patient_id": patient_id,
        "priority": "URGENT",
        "reason": "Cough",
        "exams": [
            {
                "procedure_code": "71250",
                "room_id": slot["room_id"],
                "starts_at": slot["starts_at"],
            }
        ],
    }
    answer = desk.send("POST", "/orders", body)
    assert answer.status_code == 201
    order = desk.get(answer.headers["Location"])
    assert (order["status"], order["priority"], order["reason"]) == ("scheduled", "URGENT", "Cough")
    (exam,) = order["exams"]
    assert (exam["status"], exam["starts_at"]) == ("SCHEDULED", "2026-11-24T09:00:00Z")


def test_an_order_whose_slot_is_taken_is_not_made(desk: Program, patient_id: int) -> None:
    room = desk.post("/orders/outlook", {"patient_id": patient_id, "procedure_codes": ["71250"]})
    slot = {"room_id": room["offers"][0][0]["room_id"], "starts_at": "2026-11-24T09:00:00Z"}
    body = {"patient_id": patient_id, "exams": [{"procedure_code": "71250"} | slot]}
    desk.post("/orders", body, status=201)
    other = desk.post("/patients", {"family": "Doe", "birth_date": "1950-01-01"}, status=201)["id"]
    told = desk.post("/orders", body | {"patient_id": other}, status=409)
    assert told["type"] == "urn:worklist:problem:slot-taken"
    assert told["slots"][0]["starts_at"] == "2026-11-24T09:15:00Z"
    assert desk.get(f"/orders?patient_id={other}")["items"] == []


def test_several_exams_are_one_visit(
    desk: Program, session_factory: db.SessionFactory, patient_id: int
) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session, "74150")
    asked = {"patient_id": patient_id, "procedure_codes": ["71250", "74150"]}
    offer = desk.post("/orders/outlook", asked)["offers"][0]
    assert sorted(one["exam"] for one in offer) == [0, 1]
    assert len({one["starts_at"] for one in offer}) == 2


def test_the_nearest_slots_to_a_time_are_offered(desk: Program, patient_id: int) -> None:
    asked = {"patient_id": patient_id, "procedure_codes": ["71250"], "around": "15:00"}
    offers = desk.post("/orders/outlook", asked | {"wanted_on": "2026-11-26"})["offers"]
    starts = [one["starts_at"][:16] for (one,) in offers[:3]]
    assert starts[0] == "2026-11-26T15:00"
    assert sorted(starts[1:]) == ["2026-11-26T14:45", "2026-11-26T15:15"]


def test_a_visit_keeps_the_order_and_the_rest_asked_for(
    desk: Program, session_factory: db.SessionFactory, patient_id: int
) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session, "74150")
    asked = {"patient_id": patient_id, "procedure_codes": ["74150", "71250"], "in_order": True}
    rest = {"least_minutes": 30, "most_minutes": 45}
    offers = desk.post("/orders/outlook", asked | {"rest": rest})["offers"]
    assert offers
    for first, second in offers:
        assert (first["exam"], second["exam"]) == (0, 1)
        ends, begins = (
            datetime.fromisoformat(one) for one in (first["ends_at"], second["starts_at"])
        )
        assert timedelta(minutes=30) <= begins - ends <= timedelta(minutes=45)


@pytest.mark.parametrize(
    ("codes", "wish", "told"),
    [
        (1, {"rest": {"least_minutes": 10}}, "in_order and rest are for several exams"),
        (1, {"in_order": True}, "in_order and rest are for several exams"),
        (2, {"around": "15:00"}, "around is for one exam"),
        (1, {"around": "15:00", "part": "morning"}, "around is for one exam"),
        (2, {"rest": {"least_minutes": 60, "most_minutes": 30}}, "The longest rest"),
    ],
)
def test_what_cannot_be_meant_together_is_refused(
    desk: Program, patient_id: int, codes: int, wish: dict[str, object], told: str
) -> None:
    asked = {"patient_id": patient_id, "procedure_codes": ["71250"] * codes}
    assert told in desk.post("/orders/outlook", asked | wish, status=422)["detail"]


def test_why_there_is_no_time_to_offer_is_told(
    desk: Program, session_factory: db.SessionFactory, patient_id: int
) -> None:
    asked = {"patient_id": patient_id, "procedure_codes": ["71250"]}
    assert desk.post("/orders/outlook", asked)["without_offers"] == []
    with db.transaction(session_factory) as session:
        rooms = session.scalars(select(Room).order_by(Room.id)).all()
        codes = [room.code for room in rooms]
        for room in rooms:
            room.capabilities = []
    told = desk.post("/orders/outlook", asked)
    assert told["offers"] == []
    assert told["without_offers"] == [
        f"{code} is not shielded against ionising radiation." for code in codes
    ]


def test_half_a_slot_is_refused(desk: Program, patient_id: int) -> None:
    body = {"patient_id": patient_id, "exams": [{"procedure_code": "71250", "room_id": 1}]}
    assert "both or neither" in desk.post("/orders", body, status=422)["detail"]


def test_an_unknown_procedure_is_refused(desk: Program, patient_id: int) -> None:
    body = {"patient_id": patient_id, "exams": [{"procedure_code": "X"}]}
    assert "'X'" in desk.post("/orders", body, status=422)["detail"]


def test_an_order_is_changed_and_keeps_the_rest(
    desk: Program, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        order = make_exam(session, reason="Cough", current_location="W3").order
        order_id, placer = order.id, order.placer_order_number
    told = desk.patch(f"/orders/{order_id}", {"priority": "STAT"})
    assert (told["priority"], told["reason"], told["current_location"]) == ("STAT", "Cough", "W3")
    assert told["placer_order_number"] == placer
    assert "priority" in desk.patch(f"/orders/{order_id}", {"priority": None}, status=422)["detail"]
    assert desk.patch(f"/orders/{order_id}", {"reason": ""})["reason"] == ""


def test_an_order_is_cancelled_for_a_reason(
    desk: Program, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        order_id = make_exam(session).order.id
    desk.post(f"/orders/{order_id}/cancel", {}, status=422)
    told = desk.post(f"/orders/{order_id}/cancel", {"reason": "Ordered twice"})
    assert told["status"] == "canceled"
    assert told["exams"][0]["status_reason"] == "Ordered twice"


def test_lists_come_page_by_page(desk: Program, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        patient = make_patient(session)
        made = [make_exam(session, patient=patient) for _ in range(51)]
        orders = [one.order.id for one in made]
        exams = [one.id for one in made]
    first = desk.get(f"/orders?patient_id={patient.id}")
    second = desk.get(first["next"])
    assert second["next"] is None
    told = [one["id"] for one in (*first["items"], *second["items"])]
    assert told == sorted(orders, reverse=True)
    first = desk.get("/exams?tab=to-schedule&modality=CT")
    second = desk.get(first["next"])
    assert second["next"] is None
    assert [one["id"] for one in (*first["items"], *second["items"])] == exams


def test_procedures_are_found_by_words(desk: Program) -> None:
    (found,) = desk.get("/procedures?text=chest")["items"]
    assert (found["code"], found["duration_minutes"]) == ("71250", 15)
