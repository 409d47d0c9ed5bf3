"""A page whose session is over asks who is there, and keeps what was typed."""

from playwright.sync_api import Page, expect

from tests.support import browser, web
from tests.support.browser import OpenAs
from tests.support.department import make_site
from worklist import db
from worklist.auth.roles import UserRole


def _unlock(page: Page, password: str = web.PASSWORD) -> None:
    page.locator("#locked").get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def test_what_was_typed_is_sent_after_signing_in_again(open_as: OpenAs) -> None:
    page = open_as(UserRole.ADMINISTRATOR, path="/accounts")
    page.get_by_label("Name to sign in with").fill("terry")
    page.get_by_label("Person").fill("Terry Tech")
    page.get_by_label("First password").fill("an even longer password")
    page.context.clear_cookies()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("dialog", name="This page is locked")).to_be_visible()
    expect(page.locator("#locked").get_by_label("Password")).to_be_focused()
    page.keyboard.press("Escape")
    _unlock(page, "not this one")
    expect(page.locator("#locked")).to_contain_text("The name or the password is wrong.")
    _unlock(page)
    expect(page.locator(".notice")).to_contain_text("What you typed is still here.")
    expect(page.locator("#locked")).to_be_hidden()
    page.get_by_role("button", name="Create").click()
    expect(page.locator(".notice")).to_have_text("Terry Tech may sign in as terry now.")


def test_a_page_that_nobody_uses_locks_itself(
    open_as: OpenAs, page: Page, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_site(session)
    page.clock.install()
    open_as(UserRole.FRONT_DESK, path="/patients/new")
    page.get_by_label("Family name").fill("Roe")
    page.context.clear_cookies()
    page.clock.fast_forward("29:00")
    expect(page.locator("#locked")).to_be_hidden()
    page.clock.fast_forward("02:00")
    expect(page.locator("#locked")).to_be_visible()
    _unlock(page)
    expect(page.locator("#locked")).to_be_hidden()
    expect(page.get_by_label("Family name")).to_have_value("Roe")
    page.get_by_label("Given names").fill("Anna")
    page.get_by_label("Birth date").fill("1981-05-04")
    page.get_by_role("button", name="Register").click()
    page.wait_for_url(lambda url: "/patients/new" not in url)
    expect(page.locator("main")).to_contain_text("Roe, Anna")


def test_a_page_opens_when_its_person_signs_in_elsewhere(
    open_as: OpenAs, page: Page, address: str
) -> None:
    page.clock.install()
    open_as(UserRole.FRONT_DESK, path="/patients/new")
    page.context.clear_cookies()
    page.clock.fast_forward("31:00")
    expect(page.locator("#locked")).to_be_visible()
    other = page.context.new_page()
    browser.sign_in(other, address, "dana")
    page.bring_to_front()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#locked")).to_be_hidden()


def test_somebody_else_does_not_get_the_page(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    page = open_as(UserRole.ADMINISTRATOR, path="/accounts")
    web.make_user(session_factory, UserRole.TECHNOLOGIST, username="terry")
    page.context.clear_cookies()
    page.get_by_label("Name to sign in with").fill("x")
    page.get_by_label("Person").fill("X")
    page.get_by_label("First password").fill("an even longer password")
    page.get_by_role("button", name="Create").click()
    page.locator("#locked").get_by_label("Name").fill("terry")
    _unlock(page)
    page.wait_for_url(lambda url: "/accounts" not in url)
