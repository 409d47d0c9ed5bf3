"""An exam's page in a browser: buttons, questions, slots, and what others do meanwhile."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import OpenAs
from tests.support.department import (
    ACTOR,
    NOW,
    make_contrast_ct,
    make_exam,
    make_patient,
    make_room,
    make_scanner,
    make_site,
)
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders import service as orders
from worklist.performing import service as performing
from worklist.scheduling import placement


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    with db.transaction(session_factory) as session:
        make_scanner(session)
        exam = make_exam(session)
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        return exam.id


def test_a_patient_is_checked_in_by_a_key(open_as: OpenAs, exam_id: int) -> None:
    page = open_as(UserRole.FRONT_DESK, path=f"/exams/{exam_id}")
    expect(page.locator(".head .status")).to_have_text("Scheduled")
    page.keyboard.press("i")
    expect(page.locator(".head .status")).to_have_text("Arrived")
    expect(page.locator(".notice")).to_have_text("Checked in.")


def test_what_another_does_shows_at_once(
    open_as: OpenAs, exam_id: int, session_factory: db.SessionFactory
) -> None:
    page = open_as(UserRole.FRONT_DESK, path=f"/exams/{exam_id}")
    expect(page.locator("[data-live]")).to_have_text("live")
    with db.transaction(session_factory) as session:
        exam = orders.get_exam(session, exam_id)
        performing.start(session, exam, actor="user:terry", now=NOW)
    expect(page.locator(".head .status")).to_have_text("In progress")


def test_an_exam_is_moved_to_a_slot_from_the_dialog(open_as: OpenAs, exam_id: int) -> None:
    page = open_as(UserRole.FRONT_DESK, path=f"/exams/{exam_id}")
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_label("From the day").fill("2026-11-27")
    dialog.get_by_role("button", name="Search").click()
    slot = dialog.locator(".slot").first
    expect(slot).to_contain_text("Fri 27 Nov 00:00")
    slot.click()
    expect(dialog).not_to_be_visible()
    expect(page.locator("#exam-now")).to_contain_text("Fri 27 Nov 2026, 00:00")


def test_a_cancelled_exam_tells_why(open_as: OpenAs, exam_id: int) -> None:
    page = open_as(UserRole.FRONT_DESK, path=f"/exams/{exam_id}")
    page.get_by_text("Cancel …").click()
    page.locator("details[open]").get_by_label("Why").fill("recovered")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator(".head .status")).to_have_text("Cancelled")
    expect(page.locator("#story")).to_contain_text("Cancelled. recovered")


def test_a_question_is_answered_and_a_slip_loses_nothing(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT01")
        make_contrast_ct(session)
        patient = make_patient(session, birth_date=NOW.date().replace(year=1950))
        held = make_exam(session, patient=patient)
        placement.place(session, held.id, actor=ACTOR, now=NOW)
    page = open_as(UserRole.FRONT_DESK, path=f"/exams/{held.id}")
    field = page.get_by_label("eGFR, mL/min/1.73 m²")
    field.fill("seventy")
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("alert")).to_contain_text("'seventy' is not a number")
    expect(field).to_have_value("seventy")
    field.fill("70")
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("#facts")).to_contain_text("eGFR 70")
    expect(page.locator(".question")).to_have_count(0)


def test_news_neither_closes_what_is_open_nor_clears_what_is_typed(
    open_as: OpenAs, exam_id: int, session_factory: db.SessionFactory
) -> None:
    page = open_as(UserRole.FRONT_DESK, path=f"/exams/{exam_id}")
    expect(page.locator("[data-live]")).to_have_text("live")
    page.get_by_text("Cancel …").click()
    page.locator("details[open]").get_by_label("Why").fill("recov")
    with db.transaction(session_factory) as session:
        exam = orders.get_exam(session, exam_id)
        performing.check_in(session, exam, actor="user:terry", now=NOW)
    expect(page.locator(".head .status")).to_have_text("Arrived")
    expect(page.locator("details[open]").get_by_label("Why")).to_have_value("recov")
