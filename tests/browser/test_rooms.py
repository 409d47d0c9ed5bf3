"""A room's day and the overview, in a browser: by keys, live, and with a reason."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.support.browser import OpenAs
from tests.support.department import ACTOR, NOW, make_scanner
from tests.support.dicom import schedule
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders import service as orders
from worklist.performing import service as performing


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    """An exam in ten minutes."""
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        return schedule(session, room, NOW + timedelta(minutes=10)).id


def test_a_technologist_runs_a_room_by_keys(exam_id: int, open_as: OpenAs) -> None:
    page = open_as(UserRole.TECHNOLOGIST, path="/rooms/CT01")
    card = page.locator(f"#exam-{exam_id}")
    for key, word in (("i", "Arrived"), ("y", "Ready"), ("s", "In progress")):
        page.keyboard.press("j")
        page.keyboard.press(key)
        expect(card.locator(".status")).to_have_text(word)
    expect(page.locator("[aria-labelledby=lane-Now] article")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("x")
    card.locator("details[open]").get_by_label("Why").fill("The patient felt unwell")
    card.get_by_role("button", name="Discontinue").click()
    expect(page.locator("[aria-labelledby=lane-Done]")).to_contain_text("Discontinued")


def test_the_overview_follows_what_happens(
    exam_id: int, open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    page = open_as(UserRole.TECHNOLOGIST, path="/rooms")
    tile = page.locator("#room-CT01")
    expect(tile).to_contain_text("0 waiting")
    expect(page.locator("[data-live]")).to_have_text("live")
    with db.transaction(session_factory) as session:
        exam = orders.get_exam(session, exam_id)
        performing.check_in(session, exam, actor=ACTOR, now=NOW)
    expect(tile).to_contain_text("1 waiting")
    page.get_by_role("link", name="CT01").click()
    expect(page.get_by_role("heading", name="CT01")).to_be_visible()


def test_the_wall_follows_too(exam_id: int, open_as: OpenAs) -> None:
    page = open_as(UserRole.TECHNOLOGIST, path="/rooms/wall")
    expect(page.locator("#wall")).to_contain_text("the 09:10 appointment")
    expect(page.locator(".bar")).to_have_count(0)
    assert exam_id
