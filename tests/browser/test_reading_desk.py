"""Keeping, assigning and asking for more images, in a browser, by keys and by mouse."""

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from tests.support import browser, web
from tests.support.browser import OpenAs
from tests.support.department import NOW, make_room, make_site
from tests.support.reading import make_task
from worklist import db
from worklist.auth.models import User
from worklist.auth.roles import UserRole
from worklist.catalogue.report_templates import ReportTemplate
from worklist.reading import service


@pytest.fixture
def task_id(session_factory: db.SessionFactory) -> int:
    with db.transaction(session_factory) as session:
        room = make_room(session, make_site(session), "CT01")
        task = make_task(session)
        task.requested_procedure.steps[0].room = room
        return task.id


def test_a_case_is_kept_by_key_and_assigned_by_mouse(
    task_id: int,
    open_as: OpenAs,
    chromium: Browser,
    address: str,
    session_factory: db.SessionFactory,
) -> None:
    web.make_user(session_factory, UserRole.RADIOLOGIST, username="sasha")
    page = open_as(UserRole.RADIOLOGIST, UserRole.MANAGER, path="/reading")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.get_by_role("link", name="Mine 1")).to_be_visible()
    page.goto(f"{address}/reading/{task_id}")
    browser.settle(page)
    page.get_by_label("Who reads it").select_option("Sasha")
    page.get_by_role("button", name="Assign").click()
    expect(page.locator("#claim")).to_contain_text("Kept for Sasha")
    other = browser.open_window(chromium, address, "sasha", "/reading?tab=mine")
    expect(other.locator(f"#task-{task_id}")).to_contain_text("for Sasha")
    other.context.close()


def test_more_images_are_asked_for_and_the_technologist_answers(
    task_id: int,
    open_as: OpenAs,
    chromium: Browser,
    address: str,
    session_factory: db.SessionFactory,
) -> None:
    web.make_user(session_factory, UserRole.TECHNOLOGIST, username="terry")
    tech = browser.open_window(chromium, address, "terry", "/rooms")
    page = open_as(UserRole.RADIOLOGIST, path=f"/reading/{task_id}")
    page.keyboard.press("c")
    expect(page.locator("#claim")).to_contain_text("You are reading this case.")
    page.keyboard.press("m")
    page.get_by_label("What is missing").fill("Prone series")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reading")
    wanted = tech.locator(f"#wanted-{task_id}")
    expect(wanted).to_contain_text("Prone series")
    wanted.locator("summary").click()
    wanted.get_by_label("What was done").fill("Done, in the archive")
    wanted.get_by_role("button", name="Back to reading").click()
    expect(tech.locator("#wanted")).to_have_count(0)
    page.get_by_role("link", name="Mine 1").click()
    page.locator(f"#task-{task_id} a").first.click()
    expect(page.locator("#claim")).to_contain_text("Answer: Done, in the archive")
    tech.context.close()


def test_a_report_begins_with_a_template_that_knows_the_exam(
    task_id: int, open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        session.add(
            ReportTemplate(
                code="ALL", name="Plain", procedures=[], content="{procedure}. {contrast}."
            )
        )
    page = open_as(UserRole.RADIOLOGIST, path=f"/reading/{task_id}")
    page.keyboard.press("c")
    expect(page.locator("#claim")).to_contain_text("You are reading this case.")
    expect(page.get_by_label("What the images show")).to_be_visible()
    page.keyboard.press("w")
    page.keyboard.type("Seen with Dr Kim.")
    page.get_by_role("button", name="Insert").click()
    expect(page.get_by_label("What the images show")).to_have_value(
        "Seen with Dr Kim.\n\nProcedure 71250. No contrast given."
    )
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator("#report article")).to_contain_text("No contrast given.")


def test_a_filter_and_its_columns_are_kept_under_a_name(task_id: int, open_as: OpenAs) -> None:
    page = open_as(UserRole.RADIOLOGIST, path="/reading")
    page.get_by_label("Modality").select_option("CT")
    page.wait_for_url("**modality=CT*")
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Accession").uncheck()
    page.get_by_label("Reason").check()
    page.locator(".more-columns button").click()
    expect(page.get_by_role("columnheader", name="Reason")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Accession")).to_have_count(0)
    expect(page.locator(f"#task-{task_id}")).to_be_visible()
    page.locator("summary", has_text="Keep this filter").click()
    page.locator("main").get_by_label("Name", exact=True).fill("CT with reason")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="CT with reason")).to_have_attribute(
        "aria-current", "true"
    )
    page.get_by_role("link", name="Reading", exact=True).click()
    page.get_by_role("link", name="CT with reason").click()
    expect(page.get_by_role("columnheader", name="Reason")).to_be_visible()
    page.get_by_role("button", name="Forget this filter").click()
    expect(page.get_by_role("link", name="CT with reason")).to_have_count(0)


def test_several_cases_are_ticked_and_assigned_at_once(
    task_id: int, open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        others = [make_task(session).id for _number in range(2)]
    web.make_user(session_factory, UserRole.RADIOLOGIST, username="sasha")
    with db.transaction(session_factory) as session:
        sasha = session.scalars(select(User)).one()
        service.claim(session, others[0], sasha, now=NOW)
    page = open_as(UserRole.RADIOLOGIST, UserRole.MANAGER, path="/reading?tab=all")
    together = page.get_by_role("group", name="Selected cases")
    for _number in range(3):  # by keys, of which Sasha is reading one
        page.keyboard.press("j")
        page.keyboard.press("s")
    expect(together).to_contain_text("3 selected")
    page.keyboard.press("Shift+E")
    expect(page.locator("#answer")).to_contain_text("1 of 3 cases")
    expect(page.locator("#answer")).to_contain_text("Another reader has this exam")
    page.locator(f"#tick-{others[0]}").uncheck()
    page.keyboard.press("Shift+E")
    expect(page.locator("#answer")).to_contain_text("2 cases are kept for you.")
    expect(page.get_by_role("link", name="Mine 2")).to_be_visible()
    expect(together).to_be_hidden()
    page.locator(f"#tick-{task_id}").click()  # by mouse, from the first to the last
    page.locator(f"#tick-{others[-1]}").click(modifiers=["Shift"])
    expect(together).to_contain_text("3 selected")
    together.get_by_label("Reader").select_option("Sasha")
    page.get_by_role("button", name="Assign all").click()
    expect(page.locator("#answer")).to_contain_text("3 given to Sasha.")
    expect(page.locator(f"#task-{task_id}")).to_contain_text("for Sasha")


def test_the_lead_assigns_without_reading(
    task_id: int, open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    web.make_user(session_factory, UserRole.RADIOLOGIST, username="sasha")
    page = open_as(UserRole.MANAGER, path="/reading")
    expect(page.locator(f"#task-{task_id} a, #task-{task_id} button")).to_have_count(0)
    page.get_by_label("Select all on this page").check()
    page.get_by_role("group", name="Selected cases").get_by_label("Reader").select_option("Sasha")
    page.get_by_role("button", name="Assign all").click()
    expect(page.locator(f"#task-{task_id}")).to_contain_text("for Sasha")
