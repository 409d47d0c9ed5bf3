"""What a technologist writes down in a room, in a browser: by keys and by mouse."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.support.department import ACTOR, NOW, make_procedure, make_room, make_site
from tests.support.dicom import schedule
from tests.support.performed import make_report
from worklist import db
from worklist.auth.roles import UserRole
from worklist.performing import performed, service


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    """An exam that has begun, and a step of the same scanner that names no exam."""
    with db.transaction(session_factory) as session:
        room = make_room(session, make_site(session), "CT01")
        make_procedure(session)
        make_procedure(session, "71271", name="CT chest, low dose")
        exam = schedule(session, room, NOW - timedelta(minutes=5))
        service.start(session, exam, actor=ACTOR, now=NOW - timedelta(minutes=5))
        stray = make_report(started_at=NOW - timedelta(minutes=4))
        performed.create(session, stray, actor="station:CT01", now=NOW)
        return exam.id


def test_contrast_dose_and_procedure_are_written_down_in_the_room(
    exam_id: int, open_as: Callable[..., Page]
) -> None:
    page = open_as(UserRole.TECHNOLOGIST, path="/rooms/CT01")
    card = page.locator(f"#exam-{exam_id}")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.get_by_label("Agent, as on its label").fill("Iomeron 350")
    page.get_by_label("Volume, mL").fill("80")
    page.get_by_label("Reaction").select_option("moderate")
    page.keyboard.press("Enter")
    expect(card).to_contain_text("Contrast reaction: iodinated, moderate")
    expect(card).to_contain_text("Iomeron 350 80 mL")
    card.get_by_role("link", name="Dose").click()
    page.get_by_label("DLP").fill("312,5")
    page.get_by_role("button", name="Record").click()
    expect(card).to_contain_text("DLP 312.5 mGy·cm")
    card.get_by_role("link", name="Another procedure").click()
    page.get_by_label("What is done").select_option("71271")
    page.locator("#dialog").get_by_label("Why").fill("Follow-up only")
    page.get_by_role("button", name="Change").click()
    expect(card).to_contain_text("CT chest, low dose")


def test_an_exam_is_paused_and_resumed_by_key(exam_id: int, open_as: Callable[..., Page]) -> None:
    page = open_as(UserRole.TECHNOLOGIST, path="/rooms/CT01")
    card = page.locator(f"#exam-{exam_id}")
    page.keyboard.press("j")
    page.keyboard.press("p")
    card.locator("details[open]").get_by_label("Why").fill("Injector fault")
    page.keyboard.press("Enter")
    expect(card).to_contain_text("paused for 0 min: Injector fault")
    expect(card.locator(".status")).to_have_text("In progress")
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(card).not_to_contain_text("paused")


def test_a_step_of_no_exam_leads_from_its_scanner_to_the_queue(
    exam_id: int, open_as: Callable[..., Page]
) -> None:
    page = open_as(UserRole.TECHNOLOGIST, path="/rooms/CT01")
    assert exam_id
    scanners = page.locator("[aria-labelledby=scanners]")
    expect(scanners).to_contain_text("of no exam that is known")
    scanners.get_by_role("link", name="Find its exam").click()
    expect(page.locator("#performed-queue article")).to_have_count(1)
