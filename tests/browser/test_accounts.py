"""Accounts and API tokens in a browser."""

from playwright.sync_api import expect

from tests.support.browser import OpenAs
from worklist.auth.roles import UserRole


def test_an_administrator_makes_an_account(open_as: OpenAs) -> None:
    page = open_as(UserRole.ADMINISTRATOR, path="/accounts")
    page.get_by_label("Name to sign in with").fill("terry")
    page.get_by_label("Person").fill("Terry Tech")
    page.get_by_label("First password, at least 15 characters").fill("an even longer password")
    page.locator(".new-account").get_by_label("technologist").check()
    page.get_by_role("button", name="Create").click()
    expect(page.locator(".notice")).to_have_text("Terry Tech may sign in as terry now.")
    expect(page.get_by_role("row", name="terry")).to_contain_text("technologist")


def test_a_token_is_shown_once(open_as: OpenAs) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/accounts/own")
    page.get_by_label("Program").fill("portal")
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator("#token")).to_contain_text("wl_")
    page.goto(page.url.replace("/tokens", ""))
    expect(page.locator("#token")).to_have_count(0)
    page.get_by_role("button", name="Revoke").click()
    expect(page.locator(".notice")).to_have_text("The token is revoked.")
