"""The order inbox: tabs, filters, questions and pages."""

import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_scanner,
)
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders.models import ExamHold
from worklist.scheduling import placement
from worklist.vocabulary import Priority
from worklist.web.paging import ROWS


@pytest.fixture
def client(client: FlaskClient, session_factory: db.SessionFactory) -> FlaskClient:
    with db.transaction(session_factory) as session:
        make_scanner(session)
        make_procedure(session, "73721", modality="MR", ionising=False)
    return client


def ids(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'id="order-(\d+)"', page)]


def test_the_tab_shows_the_most_urgent_and_longest_waiting_first(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        newer = make_exam(session, priority=Priority.ROUTINE)
        older = make_exam(session, priority=Priority.ROUTINE, now=NOW - timedelta(hours=3))
        stat = make_exam(session, priority=Priority.STAT)
    page = signed_in(UserRole.FRONT_DESK).get("/orders").text
    assert ids(page) == [stat.id, older.id, newer.id]
    assert "3 h 00 min" in page


def test_filters_are_in_the_address_and_hold(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        ct = make_exam(session, priority=Priority.STAT)
        mr = make_exam(session, procedure="73721", priority=Priority.ROUTINE)
    client = signed_in(UserRole.FRONT_DESK)
    assert ids(client.get("/orders?modality=MR").text) == [mr.id]
    assert ids(client.get("/orders?priority=STAT").text) == [ct.id]
    page = client.get("/orders?tab=open&modality=MR").text
    assert ids(page) == [mr.id]
    assert "/orders?tab=held&amp;modality=MR" in page
    refused = client.get("/orders?priority=SOON")
    assert refused.status_code == 422
    assert "choose one of STAT, URGENT, ASAP, ROUTINE" in refused.text


def test_a_held_exam_shows_its_question_and_leads_to_it(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session, "74018", irradiates_pelvis=True)
        patient = make_patient(session, "DOE^JANE", sex="F", birth_date=date(1996, 2, 3))
        exam = make_exam(session, patient=patient, procedure="74018")
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        (hold, *_) = session.query(ExamHold).all()
    client = signed_in(UserRole.FRONT_DESK)
    page = client.get("/orders?tab=held").text
    assert ids(page) == [exam.id]
    assert f'href="/exams/{exam.id}#question-{hold.id}">{hold.question}</a>' in page
    assert ids(client.get("/orders").text) == []


@pytest.mark.parametrize("tab", ["to-schedule", "open"])
def test_pages_follow_each_other_without_gap_or_repetition(
    signed_in: SignIn, session_factory: db.SessionFactory, tab: str
) -> None:
    with db.transaction(session_factory) as session:
        patient = make_patient(session)
        made = [make_exam(session, patient=patient).id for _ in range(ROWS + 3)]
    client = signed_in(UserRole.FRONT_DESK)
    first = client.get(f"/orders?tab={tab}").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = client.get(following[1].replace("&amp;", "&")).text
    shown = ids(first) + ids(second)
    assert sorted(shown) == made
    assert len(ids(first)) == ROWS
    assert 'rel="next"' not in second


def test_a_page_that_no_page_leads_to_is_refused(signed_in: SignIn) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    assert client.get("/orders?after=x").status_code == 422
    assert client.get("/orders?tab=open&after=x").status_code == 422
    assert client.get(f"/orders?tab=open&after={'9' * 30}").status_code == 422
    far = f"0_2026-11-24T09:00:00%2B00:00_{'9' * 30}"
    assert client.get(f"/orders?after={far}").status_code == 422
    assert client.get("/orders?tab=mine").status_code == 422


def test_an_empty_inbox_says_so(signed_in: SignIn) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    assert "Every order has its slot." in client.get("/orders").text
    assert "No question is open." in client.get("/orders?tab=held").text
    assert "Nothing here matches the filter." in client.get("/orders?modality=MR").text


def test_who_is_asked_finds_the_questions(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session, "74018", irradiates_pelvis=True)
        held = []
        for name in ("DOE^JANE", "ROE^JILL"):
            patient = make_patient(session, name, sex="F", birth_date=date(1996, 2, 3))
            exam = make_exam(session, patient=patient, procedure="74018")
            placement.place(session, exam.id, actor=ACTOR, now=NOW)
            held.append(exam.id)
        for hold in session.query(ExamHold).filter_by(exam_id=held[0]):
            hold.role = "radiologist"
        for hold in session.query(ExamHold).filter_by(exam_id=held[1]):
            hold.role = "front_desk"
    client = signed_in(UserRole.RADIOLOGIST)
    address = "/orders?tab=held&amp;asked=radiologist"
    queue = client.get("/reading").text
    (link,) = re.findall(rf'<a href="{re.escape(address)}"[^>]*>(.*?)</a>', queue)
    assert link == 'Questions <span class="count">1</span>'
    assert ids(client.get(address.replace("&amp;", "&")).text) == [held[0]]
    assert ids(client.get("/orders?tab=open&asked=front_desk").text) == [held[1]]
    assert sorted(ids(client.get("/orders?tab=held").text)) == held
    refused = client.get("/orders?tab=held&asked=manager")
    assert refused.status_code == 422
    assert "answers no questions" in refused.text
    answer = client.get("/api/v1/exams?tab=held&asked=radiologist").json
    assert answer is not None
    assert [one["id"] for one in answer["items"]] == [held[0]]
