"""The statistics page in a browser."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.department import make_room, make_site
from worklist import db
from worklist.auth.roles import UserRole


def test_a_manager_chooses_days(
    open_as: Callable[..., Page], session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT01")
    page = open_as(UserRole.MANAGER)
    page.get_by_label("From").fill("2026-11-20")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row", name="CT01").first).to_contain_text("120.0 h")
    expect(page.get_by_text("No exam was completed on these days.")).to_be_visible()
