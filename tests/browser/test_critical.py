"""Critical findings in a browser: raised by keys at the case, told by mouse on the board, live."""

import pytest
from playwright.sync_api import Browser, expect

from tests.support import browser, web
from tests.support.browser import OpenAs
from tests.support.department import make_site
from tests.support.reading import make_task
from worklist import db
from worklist.auth.roles import UserRole


@pytest.fixture
def task_id(session_factory: db.SessionFactory) -> int:
    with db.transaction(session_factory) as session:
        make_site(session)
        return make_task(session, ordering_physician="HOUSE^GREGORY").id


def test_a_finding_goes_from_the_case_to_the_board_and_is_told(
    task_id: int,
    open_as: OpenAs,
    chromium: Browser,
    address: str,
    session_factory: db.SessionFactory,
) -> None:
    page = open_as(UserRole.RADIOLOGIST, path="/reading/critical")
    web.make_user(session_factory, UserRole.RADIOLOGIST, username="sasha")
    other = browser.open_window(chromium, address, "sasha", f"/reading/{task_id}")
    other.keyboard.press("x")
    other.get_by_label("What was found").fill("Free air under the diaphragm")
    other.keyboard.press("Tab")
    other.keyboard.press("Enter")
    expect(other.locator("#critical")).to_contain_text("30 min left")
    finding = page.locator("#findings article")
    expect(finding).to_contain_text("Free air under the diaphragm")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.get_by_label("Who was told").fill("Nurse Hathaway")
    page.get_by_role("button", name="Acknowledged").click()
    expect(page.locator("#findings")).to_contain_text("Everybody who must know has been told.")
    expect(other.locator("#critical")).to_contain_text("Nurse Hathaway told by phone")
    other.context.close()


def test_raising_a_finding_keeps_the_report_that_is_being_written(
    task_id: int, open_as: OpenAs
) -> None:
    page = open_as(UserRole.RADIOLOGIST, path=f"/reading/{task_id}")
    page.keyboard.press("c")
    report = page.get_by_label("What the images show")
    expect(report).to_be_visible()
    report.fill("Free air under both domes of the diaphragm.")
    page.locator("#critical summary").last.click()
    page.get_by_label("What was found").fill("Free air")
    page.get_by_role("button", name="Raise").click()
    expect(page.locator("#critical article")).to_contain_text("Free air")
    expect(page.get_by_label("What was found")).to_be_hidden()
    expect(report).to_have_value("Free air under both domes of the diaphragm.")
