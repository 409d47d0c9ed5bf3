"""The server goes away, a session ends: the page says so, keeps what was typed, and goes on."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.support import web
from tests.support.browser import OpenAs
from tests.support.department import NOW, make_exam, make_scanner
from tests.support.dicom import schedule
from worklist import db
from worklist.auth.models import User
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus

NO_ANSWER = "There was no answer from the server"


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        return schedule(session, session.get_one(Room, room.id), NOW - timedelta(minutes=20)).id


def write_why(page: Page, exam_id: int) -> None:
    page.locator(f"#arrival-{exam_id}").get_by_text("Did not come …").click()
    page.get_by_label("Why").fill("Forgot it")


def send(page: Page, exam_id: int) -> None:
    page.locator(f"#arrival-{exam_id}").get_by_role("button", name="Did not come").click()


def test_a_session_that_ends_in_a_form_loses_nothing(
    open_as: OpenAs, session_factory: db.SessionFactory, exam_id: int
) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/arrivals")
    write_why(page, exam_id)
    with db.transaction(session_factory) as session:
        session.query(User).one().session_epoch += 1
    send(page, exam_id)
    page.locator("#locked").get_by_label("Password").fill(web.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#locked")).to_be_hidden()
    expect(page.get_by_label("Why")).to_have_value("Forgot it")
    send(page, exam_id)
    expect(page.locator(f"#arrival-{exam_id}")).to_have_count(0)
    with session_factory() as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        assert (exam.status, exam.status_reason) == (StepStatus.NO_SHOW, "Forgot it")


def test_a_server_that_is_gone_is_told_and_found_again(open_as: OpenAs, exam_id: int) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/arrivals")
    write_why(page, exam_id)
    page.context.set_offline(offline=True)
    send(page, exam_id)
    expect(page.get_by_role("alert")).to_contain_text(NO_ANSWER)
    page.locator(".notice").evaluate("one => one.remove()")
    page.get_by_role("link", name="Check in").click()
    expect(page.get_by_role("alert")).to_contain_text(NO_ANSWER)
    page.context.set_offline(offline=False)
    expect(page.get_by_label("Why")).to_have_value("Forgot it")
    send(page, exam_id)
    expect(page.locator(f"#arrival-{exam_id}")).to_have_count(0)


def test_a_card_that_cannot_be_asked_about_is_let_go(
    open_as: OpenAs, session_factory: db.SessionFactory, exam_id: int
) -> None:
    assert exam_id
    with db.transaction(session_factory) as session:
        waiting = make_exam(session).id
    page = open_as(UserRole.FRONT_DESK, path="/day")
    page.route("**/day/candidates/*", lambda route: route.abort())
    box = page.locator(f"#exam-{waiting}").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + 30)
    expect(page.get_by_role("alert")).to_contain_text(NO_ANSWER)
    expect(page.locator(".dragged")).to_have_count(0)
