"""Making an order by hand: who, what, questions, slots, and the slip."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.support import web
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_resource,
    make_room,
    make_site,
)
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import ResourceKind, Room, Site
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients.models import Patient, PatientIdentifier
from worklist.scheduling import service as scheduling


@pytest.fixture
def desk(signed_in: SignIn, session_factory: db.SessionFactory) -> FlaskClient:
    """A clerk of a department with two CT rooms, open from eight to five."""
    with db.transaction(session_factory) as session:
        site = make_site(session)
        for code in ("CT01", "CT02"):
            make_room(session, site, code, opens=time(8), closes=time(17))
        make_procedure(
            session,
            name="CT chest",
            synonyms=["thorax", "lungs"],
            preparation="Please drink water only.",
        )
        make_procedure(session, "74176", name="CT abdomen", body_part="ABDOMEN")
        make_procedure(session, "74018", name="X-ray pelvis", irradiates_pelvis=True)
    return signed_in(UserRole.FRONT_DESK)


@pytest.fixture
def patient_id(desk: FlaskClient, session_factory: db.SessionFactory) -> int:
    assert desk
    with db.transaction(session_factory) as session:
        return make_patient(session, "MÜLLER^ÄNNE", sex="F", birth_date=date(1996, 2, 3)).id


def order(desk: FlaskClient, patient_id: int, code: str = "71250", **fields: Any) -> Any:
    page = f"/orders/new?patient={patient_id}&procedure={code}"
    return web.submit(
        desk,
        "/orders/new",
        page,
        patient=patient_id,
        **{
            "reason": "Cough",
            "procedure": code,
            "priority": "URGENT",
            "patient_class": "I",
            **fields,
        },
    )


def slots(page: str) -> list[str]:
    return re.findall(r'name="slot" value="(\d+ [^"]+)"', page)


@pytest.mark.usefixtures("patient_id")
@pytest.mark.parametrize("said", ["muller anne", "Müler Änne", "1996-02-03"])
def test_the_patient_is_found_by_what_the_caller_says(desk: FlaskClient, said: str) -> None:
    found = web.submit(desk, "/orders/new/patient", "/orders/new", q=said)
    assert "MÜLLER, ÄNNE" in found.text
    assert "None of these?" in found.text


@pytest.mark.usefixtures("patient_id")
def test_a_new_patient_is_offered_only_after_a_search(desk: FlaskClient) -> None:
    assert "New patient" not in desk.get("/orders/new").text
    nobody = web.submit(desk, "/orders/new/patient", "/orders/new", q="Quillfeather Maeve")
    assert "Nobody fits" in nobody.text
    begun = web.submit(desk, "/patients/new/begin", "/orders/new", q="Quillfeather Maeve")
    assert 'name="family" value="Quillfeather"' in begun.text
    assert 'name="given" value="Maeve"' in begun.text


def test_somebody_alike_is_asked_about_before_a_second_record_is_made(
    desk: FlaskClient, patient_id: int, session_factory: db.SessionFactory
) -> None:
    typed: dict[str, Any] = {
        "family": "Muller",
        "given": "Anne",
        "birth_date": "3.2.1996",
        "sex": "F",
    }
    asked = web.submit(desk, "/patients/new", "/patients/new", **typed)
    assert asked.status_code == 422
    assert "Is it one of these?" in asked.text
    assert f"/orders/new?patient={patient_id}" in asked.text
    assert 'value="3.2.1996"' in asked.text
    made = web.submit(desk, "/patients/new", "/patients/new", **typed, sure="yes")
    assert made.status_code == 303
    with session_factory() as session:
        newest = session.scalars(select(Patient).order_by(Patient.id.desc())).first()
        assert newest
        assert (newest.name, newest.birth_date, newest.sex) == (
            "Muller^Anne",
            date(1996, 2, 3),
            "F",
        )
        number = session.scalar(select(PatientIdentifier).filter_by(patient_id=newest.id))
        assert number
        assert (number.issuer, number.value) == ("WORKLIST", f"L{newest.id:08d}")


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("family", " ", "needs a family name"),
        ("birth_date", "yesterday", "Give the birth date as 1981-05-04"),
        ("birth_date", "2030-01-01", "in the future"),
        ("number", "4711", "who gave it"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    desk: FlaskClient, field: str, value: str, text: str
) -> None:
    typed: dict[str, Any] = {"family": "Roe", "birth_date": "1981-05-04", field: value}
    refused = web.submit(desk, "/patients/new", "/patients/new", **typed)
    assert refused.status_code == 422
    assert text in refused.text


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("71250", ["71250"]),
        ("thorax", ["71250"]),
        ("abdomen", ["74176"]),
        ("ct", ["74176", "71250", "74018"]),
        ("abdomne ct", ["74176"]),
    ],
)
def test_the_exam_is_found_by_code_synonym_body_part_and_with_slips(
    desk: FlaskClient, patient_id: int, said: str, found: list[str]
) -> None:
    page = desk.get(f"/orders/new?patient={patient_id}&q={said}").text
    assert re.findall(r'<td class="code">(\d{5})</td>', page) == found


def test_preparation_and_slots_are_shown_and_nothing_is_kept(
    desk: FlaskClient, patient_id: int, session_factory: db.SessionFactory
) -> None:
    page = desk.get(
        f"/orders/new?patient={patient_id}&procedure=71250&priority=URGENT&patient_class=I"
    ).text
    assert "Please drink water only." in page
    assert slots(page)[0].endswith(" 2026-11-24T09:00:00+00:00")
    with session_factory() as session:
        assert session.scalar(select(func.count()).select_from(ImagingServiceRequest)) == 0


def test_slots_follow_the_room_and_the_part_of_the_day(desk: FlaskClient, patient_id: int) -> None:
    page = f"/orders/new?patient={patient_id}&procedure=71250"
    room = slots(desk.get(page).text)[0].split(" ")[1]
    fields: dict[str, Any] = {
        "patient": patient_id,
        "procedure": "71250",
        "room_id": room,
        "part": "afternoon",
    }
    shown = slots(web.submit(desk, "/orders/new/slots", page, htmx=True, **fields).text)
    assert {one.split(" ")[1] for one in shown} == {room}
    assert {one.split("T")[1][:2] for one in shown} <= {"12", "13", "14", "15", "16"}
    assert len(shown) == 12


def test_a_slot_is_booked_and_the_exam_opens(
    desk: FlaskClient, patient_id: int, session_factory: db.SessionFactory
) -> None:
    shown = desk.get(
        f"/orders/new?patient={patient_id}&procedure=71250&priority=URGENT&patient_class=I"
    )
    booked = order(
        desk, patient_id, slot=slots(shown.text)[2], ordering_physician="Maria von Huber"
    )
    with session_factory() as session:
        exam = session.scalar(select(ScheduledProcedureStep))
        assert exam
        assert booked.location == f"/exams/{exam.id}"
        assert exam.status is StepStatus.SCHEDULED
        assert exam.order.reason == "Cough"
        assert exam.order.ordering_physician == "Huber^Maria von"


def test_a_slot_that_is_gone_gives_fresh_ones_and_keeps_what_was_typed(
    desk: FlaskClient, patient_id: int, session_factory: db.SessionFactory
) -> None:
    page = f"/orders/new?patient={patient_id}&procedure=71250&priority=URGENT&patient_class=I"
    chosen = slots(desk.get(page).text)[0]
    with db.transaction(session_factory) as session:
        rival = make_exam(session, patient=make_patient(session))
        room = chosen.split(" ")[1]
        scheduling.book(session, rival, room_id=int(room), starts_at=NOW, actor=ACTOR, now=NOW)
    late = order(desk, patient_id, slot=chosen)
    assert late.status_code == 409
    assert "is not free then" in late.text
    assert ">Cough</textarea>" in late.text
    assert chosen not in slots(late.text)
    assert order(desk, patient_id, slot=slots(late.text)[0]).status_code == 303
    with session_factory() as session:
        assert session.scalar(select(func.count()).select_from(ImagingServiceRequest)) == 2


def test_several_exams_are_booked_as_one_visit(
    desk: FlaskClient, patient_id: int, session_factory: db.SessionFactory
) -> None:
    codes = ["71250", "74176"]
    page = f"/orders/new?patient={patient_id}&procedure=71250"
    assert "Add an exam to the same visit" in desk.get(page).text
    more = desk.get(f"{page}&more=1&q=abdomen").text
    both = f"/orders/new?patient={patient_id}&amp;procedure=71250&amp;procedure=74176"
    assert both in more
    shown = desk.get(f"{page}&procedure=74176&priority=URGENT&patient_class=I").text
    offer = slots(shown)[0]
    booked = order(desk, patient_id, procedure=codes, slot=offer)
    assert booked.status_code == 303
    with session_factory() as session:
        exams = session.scalars(
            select(ScheduledProcedureStep).order_by(ScheduledProcedureStep.starts_at)
        ).all()
        assert {exam.procedure.code for exam in exams} == set(codes)
        assert {exam.status for exam in exams} == {StepStatus.SCHEDULED}
        first, second = exams
        assert first.ends_at
        assert second.starts_at
        assert first.ends_at <= second.starts_at <= first.ends_at + timedelta(hours=2)
        assert len({exam.order.accession_number for exam in exams}) == 2


def test_a_visit_is_booked_whole_or_not_at_all(
    desk: FlaskClient, patient_id: int, session_factory: db.SessionFactory
) -> None:
    codes = ["71250", "74176"]
    page = f"/orders/new?patient={patient_id}&procedure=71250&procedure=74176"
    offer = slots(desk.get(f"{page}&priority=URGENT&patient_class=I").text)[0]
    last = offer.split(";")[1].split(" ")
    with db.transaction(session_factory) as session:
        rival = make_exam(session, patient=make_patient(session))
        scheduling.book(
            session,
            rival,
            room_id=int(last[1]),
            starts_at=datetime.fromisoformat(last[2]),
            actor=ACTOR,
            now=NOW,
        )
    late = order(desk, patient_id, procedure=codes, slot=offer)
    assert late.status_code == 409
    assert slots(late.text)
    with session_factory() as session:
        assert session.scalar(select(func.count()).select_from(ImagingServiceRequest)) == 1
    wrong = order(desk, patient_id, slot=offer)
    assert wrong.status_code == 422


@pytest.mark.parametrize("slot", ["chosen", ""])
def test_a_form_sent_twice_makes_one_order(
    desk: FlaskClient, patient_id: int, session_factory: db.SessionFactory, slot: str
) -> None:
    page = f"/orders/new?patient={patient_id}&procedure=71250&priority=URGENT&patient_class=I"
    chosen = slots(desk.get(page).text)[0] if slot else ""
    first = order(desk, patient_id, slot=chosen)
    again = order(desk, patient_id, slot=chosen)
    assert first.status_code == again.status_code == 303
    assert again.location == first.location
    other = order(desk, patient_id, slot="", reason="Fever")
    assert other.location != first.location
    with session_factory() as session:
        assert session.scalar(select(func.count()).select_from(ImagingServiceRequest)) == 2


def test_an_open_question_is_shown_and_the_order_waits_for_its_answer(
    desk: FlaskClient, patient_id: int, session_factory: db.SessionFactory
) -> None:
    page = desk.get(f"/orders/new?patient={patient_id}&procedure=74018").text
    assert "To be asked first" in page
    assert "pregnant" in page
    assert slots(page) == []
    made = order(desk, patient_id, "74018", slot="")
    with session_factory() as session:
        exam = session.scalar(select(ScheduledProcedureStep))
        assert exam
        assert made.location == f"/exams/{exam.id}"
        assert exam.status is StepStatus.UNSCHEDULED
        assert exam.automatic_placement


def test_an_exam_without_a_slot_has_no_slip(
    desk: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        waiting = make_exam(session)
    refused = desk.get(f"/orders/slip/{waiting.id}")
    assert refused.status_code == 422
    assert "has no slot yet" in refused.text


def test_the_slip_tells_when_to_come_where_and_how_to_prepare(
    desk: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        site = session.scalars(select(Site)).one()
        make_resource(session, site, "CHAIR1", ResourceKind.PREPARATION_CHAIR)
        make_procedure(
            session,
            "PREP",
            phases=(("drinking", ResourceKind.PREPARATION_CHAIR, -45, 45),),
            preparation="Please drink in the department.",
        )
        exam = make_exam(session, procedure="PREP")
        room = session.scalars(select(Room).order_by(Room.id).limit(1)).one()
        eleven = NOW + timedelta(hours=2)
        scheduling.book(session, exam, room_id=room.id, starts_at=eleven, actor=ACTOR, now=NOW)
    slip = desk.get(f"/orders/slip/{exam.id}").text
    assert "Tue 24 Nov 2026, 10:15" in slip
    assert re.search(r"Exam begins</dt><dd>11:00<", slip)
    assert "Please drink in the department." in slip


def test_why_no_room_at_all_takes_the_exam_is_told(
    desk: FlaskClient, patient_id: int, session_factory: db.SessionFactory
) -> None:
    """A desk cannot help it by another day: the rooms are not told to be shielded."""
    with db.transaction(session_factory) as session:
        for room in session.scalars(select(Room)):
            room.capabilities = []
    page = desk.get(f"/orders/new?patient={patient_id}&procedure=71250").text
    assert "CT01 is not shielded against ionising radiation." in page
    assert "CT02 is not shielded against ionising radiation." in page
    assert "No free slot fits" not in page
    with db.transaction(session_factory) as session:
        for room in session.scalars(select(Room)):
            room.modalities = ["MR"]
    page = desk.get(f"/orders/new?patient={patient_id}&procedure=71250").text
    assert "No room in use does CT." in page
