"""An open list gets the rows that news changes, and nothing where it changes none of them."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.support import web
from tests.support.department import ACTOR, NOW, make_exam, make_patient, make_procedure, make_site
from tests.support.open_lists import drawn, kept, opened, whole
from tests.support.reading import make_reader, make_task
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders.models import ScheduledProcedureStep
from worklist.reading import service as reading
from worklist.reading.models import ReadingTask
from worklist.scheduling import service as scheduling
from worklist.web import paging


@pytest.fixture
def client(
    signed_in: SignIn, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> FlaskClient:
    monkeypatch.setattr(paging, "ROWS", 3)
    with db.transaction(session_factory) as session:
        make_site(session)
        make_procedure(session)
    return signed_in(*UserRole)


def orders(sessions: db.SessionFactory, number: int) -> list[int]:
    with db.transaction(sessions) as session:
        names = [f"{letter}OE^PAT" for letter in "ABCDEFG"[:number]]
        return [make_exam(session, patient=make_patient(session, one)).id for one in names]


def cancel(session: Session, exam_id: int) -> None:
    exam = session.get_one(ScheduledProcedureStep, exam_id)
    scheduling.cancel_exam(session, exam, actor=ACTOR, now=NOW, reason="Well again")


def test_news_that_changes_nothing_shown_costs_few_questions_and_no_byte(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    exams = orders(session_factory, 4)
    page = opened(client, "/orders")
    assert page.rows == exams[:3]
    with web.statements(client) as asked:
        answer = page.hear(exams[3], 999_999)
    assert (answer.status_code, answer.data) == (204, b"")
    # The account, its zone, the site, the counts and the numbers of the page's rows.
    assert len(asked) <= 5


def test_a_row_that_changed_comes_alone(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    exams = orders(session_factory, 3)
    page = opened(client, "/orders")
    with db.transaction(session_factory) as session:
        session.get_one(ScheduledProcedureStep, exams[1]).status_reason = "No room is free"
    answer = page.hear(exams[1])
    assert (drawn(answer), kept(answer)) == ([exams[1]], [])
    assert f'hx-target="#order-{exams[1]}" hx-swap="outerMorph"' in answer.text
    assert "No room is free" in answer.text
    assert "inbox-tabs" not in answer.text


def test_a_row_that_leaves_makes_room_for_the_next_and_the_tabs_count_again(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    exams = orders(session_factory, 4)
    page = opened(client, "/orders")
    with db.transaction(session_factory) as session:
        cancel(session, exams[0])
    answer = page.hear(exams[0])
    assert (kept(answer), drawn(answer)) == (exams[1:3], [exams[3]])
    assert 'hx-target="#order-rows" hx-swap="innerMorph"' in answer.text
    assert re.search(r'data-mark="3\.0\.3"', answer.text)
    # The page ends where the list does now: there is no next one.
    assert re.search(r'hx-target="#order-turn"[^>]*>\s*</hx-partial>', answer.text)


def test_a_row_that_comes_has_its_place(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    exams = orders(session_factory, 2)
    page = opened(client, "/orders?sort=patient")
    with db.transaction(session_factory) as session:
        between = make_exam(session, patient=make_patient(session, "AZOE^PAT")).id
    answer = page.hear(between)
    order = re.findall(r'<tr id="order-(\d+)"', answer.text)
    assert [int(one) for one in order] == [exams[0], between, exams[1]]
    assert drawn(answer) == [between]


def test_a_row_that_does_not_fit_the_filter_changes_the_counts_alone(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    orders(session_factory, 2)
    page = opened(client, "/orders?modality=MR")
    assert page.rows == []
    with db.transaction(session_factory) as session:
        make_procedure(session, "70551", modality="MR")
        one = make_exam(session, procedure="70551").id
    # A list that showed nothing is asked for whole.
    assert whole(page.hear(one))
    page.look()
    assert page.rows == [one]
    with db.transaction(session_factory) as session:
        other = make_exam(session).id
    answer = page.hear(other)
    assert (drawn(answer), kept(answer)) == ([], [])
    assert re.search(r'data-mark="4\.0\.4"', answer.text)


def test_the_last_row_takes_the_table_with_it(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    exams = orders(session_factory, 1)
    page = opened(client, "/orders")
    with db.transaction(session_factory) as session:
        cancel(session, exams[0])
    answer = page.hear(exams[0])
    assert whole(answer)
    assert "Every order has its slot." in answer.text


@pytest.mark.parametrize("shown", ["", "order", "order-x", "order-1,", "-1", "order-²"])
def test_a_page_that_says_nothing_sensible_gets_everything(
    client: FlaskClient, session_factory: db.SessionFactory, shown: str
) -> None:
    exams = orders(session_factory, 1)
    page = opened(client, "/orders")
    page.headers["X-Shown"] = shown
    assert whole(page.hear(exams[0]))


def tasks(sessions: db.SessionFactory, number: int) -> list[int]:
    with db.transaction(sessions) as session:
        return [make_task(session).id for _ in range(number)]


def exam_of(session: Session, task_id: int) -> int:
    return session.get_one(ReadingTask, task_id).requested_procedure.steps[0].id


def test_a_case_that_is_taken_leaves_the_queue_of_others(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    ids = tasks(session_factory, 4)
    page = opened(client, "/reading")
    assert page.rows == ids[:3]
    with db.transaction(session_factory) as session:
        reading.claim(session, ids[1], make_reader(session), now=NOW)
        exam_id = exam_of(session, ids[1])
    answer = page.hear(exam_id)
    assert (kept(answer), drawn(answer)) == ([ids[0], ids[2]], [ids[3]])
    assert 'hx-target="#queue-tabs"' in answer.text


def test_a_case_that_is_kept_for_somebody_is_drawn_alone(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    ids = tasks(session_factory, 3)
    page = opened(client, "/reading")
    with db.transaction(session_factory) as session:
        session.get_one(ReadingTask, ids[2]).assigned_to = make_reader(session)
        exam_id = exam_of(session, ids[2])
    answer = page.hear(exam_id)
    assert (kept(answer), drawn(answer)) == ([], [ids[2]])
    assert "for Robin" in answer.text
    assert "queue-tabs" not in answer.text
    assert len(answer.data) < 2500


def test_news_of_a_case_on_another_page_of_the_queue_is_nothing(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    ids = tasks(session_factory, 4)
    page = opened(client, "/reading")
    with db.transaction(session_factory) as session:
        exam_id = exam_of(session, ids[3])
    with web.statements(client) as asked:
        assert page.hear(exam_id).status_code == 204
    # The account twice, its zone, the site, three counts, the readers, the case, the page's rows.
    assert len(asked) <= 10
