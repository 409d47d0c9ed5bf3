"""The message browser, in a browser: a failed message is found, understood and replayed."""

from playwright.sync_api import expect

from tests.support.browser import OpenAs
from tests.support.department import NOW, make_procedure
from tests.support.inbox import Inbox, furnish
from tests.support.messages import order
from worklist import db
from worklist.auth.roles import UserRole


def test_a_failed_message_is_replayed(open_as: OpenAs, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        furnish(session)
    inbox = Inbox(session_factory, now=NOW)
    inbox.take(order("2", code="99999", control_id="BROKEN1"))
    page = open_as(UserRole.ADMINISTRATOR, path="/messages")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Why it failed")).to_be_visible()
    expect(page.get_by_text("is not in the catalogue")).to_be_visible()
    with db.transaction(session_factory) as session:
        make_procedure(session, "99999")
    page.keyboard.press("r")
    expect(page.locator("h1 + .status")).to_have_text("waiting")
    inbox.sweep()
    page.reload()
    expect(page.locator("h1 + .status")).to_have_text("done")
    page.get_by_role("link", name="All messages").click()
    expect(page.locator("#inbox")).to_contain_text("No message has failed.")


def test_the_outbox_says_that_nobody_is_told(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        furnish(session)
    page = open_as(UserRole.ADMINISTRATOR, path="/messages")
    page.get_by_role("link", name="Out", exact=True).click()
    expect(page.locator("#outbox")).to_contain_text("No other system is told of anything")


def test_a_failed_message_is_corrected(open_as: OpenAs, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        furnish(session)
    failed = Inbox(session_factory, now=NOW).take(order("2", code="99999"))
    page = open_as(UserRole.ADMINISTRATOR, path=f"/messages/{failed.id}")
    page.keyboard.press("e")
    field = page.get_by_label("The whole message")
    field.fill("nothing at all")
    page.get_by_role("button", name="Put it in the place of this one").click()
    expect(page.get_by_role("alert")).to_contain_text("Still wrong")
    expect(field).to_have_value("nothing at all")
    field.fill(order("2").decode().replace("\r", "\n"))
    page.get_by_role("button", name="Put it in the place of this one").click()
    expect(page.locator("main")).to_contain_text(f"It replaces message {failed.id}")


def test_a_message_is_tried(open_as: OpenAs, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        furnish(session)
    page = open_as(UserRole.ADMINISTRATOR, path="/messages/try")
    page.get_by_label("The message").fill(order("7").decode().replace("\r", "\n"))
    page.get_by_role("button", name="Try").click()
    expect(page.locator("main")).to_contain_text("What it would do")
    page.get_by_text("What the scanner would get").click()
    expect(page.locator("main")).to_contain_text("Study Instance UID")
