"""From an empty installation to the exam that a scanner finds: by pages alone, step by step."""

import subprocess

from playwright.sync_api import Page, expect

from config import Settings
from tests.support import browser, programs
from tests.support.browser import OpenAs
from tests.support.dicom import CALLED, HOST, running
from worklist import db
from worklist.auth.roles import UserRole

FIRST, OWN = "first words for tomorrow", "copper meadow lantern quartz"


def follow(page: Page, address: str, step: str, **fields: str) -> None:
    """Take a step of the list: fill in the fields of its form and save."""
    page.goto(f"{address}/administration")
    page.locator("#first-steps").get_by_role("link", name=step).click()
    for name, value in fields.items():
        page.locator(f"main form [name={name}]").fill(value)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice")).to_be_visible()


def ask_worklist(port: int) -> str:
    """Ask for the worklist as the scanner does; returns what DCMTK's findscu prints."""
    keys = "PatientName", "ScheduledProcedureStepSequence[0].ScheduledProcedureStepDescription"
    done = subprocess.run(
        [programs.need("findscu"), "-v", "-W", "-aet", "CT1", "-aec", CALLED]
        + [part for key in keys for part in ("-k", key)]
        + [HOST, str(port)],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_the_first_order_reaches_the_scanner(
    open_as: OpenAs, address: str, settings: Settings, session_factory: db.SessionFactory
) -> None:
    page = open_as(UserRole.ADMINISTRATOR, username="alex")
    follow(page, address, "Make a site", code="MAIN", name="Main", time_zone="Europe/Vienna")
    of_room = {"modalities": "CT", "capabilities": "shielded"}
    follow(page, address, "Make a room", code="CT1", name="CT one", **of_room)
    days = {f"day_0_{day}": "08:00-17:00" for day in range(1, 6)}
    follow(page, address, "Give the rooms their hours", **days)
    follow(page, address, "Make the scanner's station", ae_title="CT1", modality="CT")
    of_procedure = {"modality": "CT", "body_part": "CHEST", "minutes": "15"}
    follow(page, address, "Make a procedure", code="71250", name="CT chest", **of_procedure)
    page.goto(f"{address}/accounts")
    page.get_by_label("Name to sign in with").fill("kim")
    page.get_by_label("Person").fill("Kim Desk")
    page.get_by_label("First password, at least 15 characters").fill(FIRST)
    page.locator(".new-account").get_by_label("front desk").check()
    page.get_by_role("button", name="Create").click()
    expect(page.locator(".notice")).to_have_text("Kim Desk may sign in as kim now.")

    page.context.clear_cookies()
    browser.sign_in(page, address, "kim", password=FIRST)
    page.get_by_label("Present password").fill(FIRST)
    page.get_by_label("New password").fill(OWN)
    page.get_by_role("button", name="Change the password").click()
    expect(page.locator(".notice")).to_have_text("Your password is changed.")
    page.goto(f"{address}/orders/new")
    page.get_by_label("Who is it?").fill("Doe Jane")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="New patient").click()
    page.get_by_label("Family name").fill("Doe")
    page.get_by_label("Given names").fill("Jane")
    page.get_by_label("Birth date").fill("1950-02-03")
    page.get_by_role("button", name="Register").click()
    page.get_by_label("Which exam?").fill("chest")
    page.get_by_role("link", name="CT chest").click()
    page.get_by_label("Reason").fill("Cough")
    page.locator("#slots .slot").first.click()
    expect(page.locator("#answer")).to_contain_text("Booked: CT1")

    with running(settings, session_factory) as server:
        worklist = ask_worklist(server.port)
    assert "[Doe^Jane]" in worklist
    assert "[CT chest]" in worklist
