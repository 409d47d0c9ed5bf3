"""The reading queue and a case, in a browser: keys, claims that follow the page, reports."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import update

from tests.support import browser, web
from tests.support.browser import OpenAs
from tests.support.department import NOW, make_site
from tests.support.reading import make_reader, make_task
from tests.support.stack import wait_until
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Site
from worklist.reading import service
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.vocabulary import Priority

MINUTE = timedelta(minutes=1)


@pytest.fixture
def tasks(session_factory: db.SessionFactory) -> list[int]:
    """A STAT case and a routine one."""
    with db.transaction(session_factory) as session:
        make_site(session)
        return [
            make_task(session, Priority.STAT, ended=40 * MINUTE).id,
            make_task(session, Priority.ROUTINE, ended=40 * MINUTE).id,
        ]


def test_a_reader_works_the_queue_by_keys(
    tasks: list[int], open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    page = open_as(UserRole.RADIOLOGIST, path="/reading")
    expect(page.locator("#queue .late").first).to_contain_text("late")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.get_by_role("link", name="Mine 1")).to_be_visible()
    expect(page.locator("#queue tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Mine 1").click()
    page.wait_for_url("**/reading?tab=mine*")
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.get_by_role("link", name="Mine 0")).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator("#claim")).to_contain_text("You are reading this case.")
    assert page.url.endswith(f"/reading/{tasks[0]}")
    page.keyboard.press("w")
    page.keyboard.type("No fracture.")
    page.get_by_role("button", name="Sign, next case").click()
    page.wait_for_url(f"**/reading/{tasks[1]}")
    with db.transaction(session_factory) as session:
        assert session.get_one(ReadingTask, tasks[0]).status is ReadingStatus.READ


def test_a_report_is_written_from_preliminary_to_addendum_by_keys(
    tasks: list[int], open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        session.execute(update(Site).values(viewer_url="https://viewer.example/{accession_number}"))
    page = open_as(UserRole.RADIOLOGIST, path=f"/reading/{tasks[1]}")
    images = page.get_by_role("link", name="Open images")
    expect(images).to_have_attribute("href", re.compile("https://viewer.example/."))
    page.keyboard.press("c")
    expect(page.get_by_label("What the images show")).to_be_visible()
    page.keyboard.press("w")
    page.keyboard.type("No fracture seen so far.")
    for key in ("Tab", "Tab", "Tab", "Enter"):  # past both signatures
        page.keyboard.press(key)
    expect(page.locator("#report article")).to_contain_text("Preliminary")
    page.keyboard.press("w")
    expect(page.get_by_label("What the images show")).to_have_value("No fracture seen so far.")
    page.keyboard.type("No fracture.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/reading/{tasks[0]}")
    page.goto(page.url.removesuffix(f"/{tasks[0]}") + f"/{tasks[1]}")
    browser.settle(page)
    page.keyboard.press("w")
    page.keyboard.type("Old callus of the sixth rib.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#report article")).to_have_count(2)
    expect(page.locator("#report article").last).to_contain_text("Old callus of the sixth rib.")


def test_the_keys_of_a_page_are_listed(tasks: list[int], open_as: OpenAs) -> None:
    assert tasks
    page = open_as(UserRole.RADIOLOGIST, path="/reading")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    for row in ("n Next case", "c Claim", "s Select the row", "g q Reading"):
        expect(keys.get_by_role("row", name=row, exact=True)).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    assert page.url.endswith("/reading")
    page.get_by_role("button", name="Keys").click()
    keys.get_by_role("button", name="Close").click()
    expect(keys).to_be_hidden()


def test_a_key_means_the_row_that_is_chosen_and_no_other(
    tasks: list[int], open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        sasha = make_reader(session, "sasha", roles=["radiologist"])
        service.claim(session, tasks[0], sasha, now=NOW)
    page = open_as(UserRole.RADIOLOGIST, path="/reading?tab=all")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(f"#task-{tasks[0]}")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("c")  # Sasha is reading this one
    page.keyboard.press("k")
    page.keyboard.press("e")
    expect(page.locator("#answer")).to_contain_text("Kept for you")
    expect(page.locator(f"#task-{tasks[1]}")).to_contain_text("for Dana")
    expect(page.locator(f"#task-{tasks[1]}")).not_to_contain_text("Dana is reading")


def test_a_case_that_is_left_is_free_soon(
    tasks: list[int], open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    page = open_as(UserRole.RADIOLOGIST, path=f"/reading/{tasks[0]}")
    with page.expect_response("**/renew"):
        page.keyboard.press("c")
    wait_until(lambda: expiry(session_factory, tasks[0]) == NOW + 5 * MINUTE)
    page.goto(page.url.removesuffix(f"/{tasks[0]}"))
    expect(page.locator("[data-live]")).to_have_text("live")
    wait_until(lambda: expiry(session_factory, tasks[0]) == NOW + timedelta(seconds=40))


def test_a_second_reader_sees_who_is_reading(
    tasks: list[int],
    open_as: OpenAs,
    chromium: Browser,
    address: str,
    session_factory: db.SessionFactory,
) -> None:
    page = open_as(UserRole.RADIOLOGIST, path=f"/reading/{tasks[0]}")
    web.make_user(session_factory, UserRole.RADIOLOGIST, username="sasha")
    other = browser.open_window(chromium, address, "sasha", page.url.removeprefix(address))
    expect(other.get_by_role("button", name="Claim")).to_be_visible()
    expect(other.locator("[data-live]")).to_have_text("live")
    page.keyboard.press("c")
    expect(other.locator("#claim")).to_contain_text("Dana is reading this case")
    expect(other.get_by_role("button", name="Claim")).to_have_count(0)
    other.context.close()


def expiry(session_factory: db.SessionFactory, task_id: int) -> object:
    with db.transaction(session_factory) as session:
        return session.get_one(ReadingTask, task_id).claim_expires_at
