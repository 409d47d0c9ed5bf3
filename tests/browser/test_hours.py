"""Closing a room on its week, in a browser."""

from datetime import time

from playwright.sync_api import expect

from tests.support.browser import OpenAs
from tests.support.department import make_scanner
from worklist import db
from worklist.auth.roles import UserRole


def test_a_room_is_closed_and_opened_again(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_scanner(session, "CT01", opens=time(8), closes=time(17))
    page = open_as(UserRole.FRONT_DESK, path="/hours/CT01")
    expect(page.locator("[data-live]")).to_have_text("live")
    closures = page.get_by_label("Closures")
    closures.get_by_label("Closed from").fill("2026-11-25T10:00")
    closures.get_by_label("to", exact=True).fill("2026-11-25T12:00")
    closures.get_by_label("Why").fill("Service")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_text("CT01 is closed then.")
    expect(page.locator(".veil.closure")).to_have_text("Service")
    closures.get_by_role("button", name="Remove").click()
    expect(page.locator(".veil.closure")).to_have_count(0)
