"""The door, the search and the live mark, in a browser."""

from playwright.sync_api import Page, expect

from tests.support import web
from tests.support.browser import OpenAs
from worklist import db
from worklist.auth.roles import UserRole


def test_a_wrong_password_is_told_and_the_right_one_opens(
    page: Page, address: str, session_factory: db.SessionFactory
) -> None:
    web.make_user(session_factory, UserRole.FRONT_DESK)
    page.goto(f"{address}/search")
    page.get_by_label("Name").fill("dana")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong.")
    page.get_by_label("Password").fill(web.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Search")).to_be_visible()


def test_a_key_reaches_the_search(open_as: OpenAs) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/search")
    page.keyboard.press("/")
    page.keyboard.type("nobody at all")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Nothing fits “nobody at all”")


def test_an_open_page_is_live(open_as: OpenAs) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/search")
    expect(page.locator("[data-live]")).to_have_text("live")
