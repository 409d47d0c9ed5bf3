"""The statistics page in a browser."""

from playwright.sync_api import expect

from tests.support.browser import OpenAs
from tests.support.department import make_room, make_site
from worklist import db
from worklist.auth.roles import UserRole


def test_a_manager_chooses_days(open_as: OpenAs, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT01")
    page = open_as(UserRole.MANAGER)
    page.get_by_label("From").fill("2026-11-20")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row", name="CT01").first).to_contain_text("120.0 h")
    expect(page.locator("#waiting-by-day")).to_contain_text("No exam was completed")


def test_a_chart_is_drawn_and_tells_its_numbers(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT01")
    page = open_as(UserRole.MANAGER)
    page.get_by_role("link", name="30 days").click()
    page.wait_for_url("**from=2026-10-26&until=2026-11-24*")
    chart = page.get_by_role("img", name="Rooms: used of open time, day by day")
    box = chart.bounding_box()
    assert box is not None
    assert box["height"] > 100
    page.locator(".numbers summary").first.click()
    expect(page.locator(".numbers tbody").first.get_by_role("row")).to_have_count(30)
