"""Checking in by keys."""

from datetime import timedelta

from playwright.sync_api import expect

from tests.support.browser import OpenAs
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_scanner,
)
from worklist import db
from worklist.auth.roles import UserRole
from worklist.scheduling import service as scheduling


def test_a_patient_is_checked_in_by_keys(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        exam = make_exam(session)
        scheduling.book(
            session,
            exam,
            room_id=room.id,
            starts_at=NOW + timedelta(minutes=5),
            actor=ACTOR,
            now=NOW,
        )
    page = open_as(UserRole.FRONT_DESK, path="/arrivals")
    expect(page.locator("[data-live]")).to_have_text("live")
    page.keyboard.press("j")
    page.keyboard.press("i")
    expect(page.get_by_label("Both agree")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_text("Checked in.")
    expect(page.get_by_label("Here")).to_contain_text("ROE, RICHARD")
    expect(page.get_by_label("Awaited")).to_contain_text("Nobody else is expected today.")
