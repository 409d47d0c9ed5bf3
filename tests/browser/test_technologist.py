"""What a technologist writes down in a room, in a browser: by keys and by mouse."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.support.browser import Hand, OpenAs
from tests.support.department import ACTOR, NOW, make_procedure, make_scanner
from tests.support.dicom import schedule
from tests.support.performed import make_report
from worklist import db
from worklist.audit.models import AuditEvent
from worklist.auth.roles import UserRole
from worklist.orders.models import ExamHold
from worklist.performing import performed, service


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    """An exam that has begun, and a step of the same scanner that names no exam."""
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        make_procedure(session, "71271", name="CT chest, low dose")
        exam = schedule(session, room, NOW - timedelta(minutes=5))
        service.start(session, exam, actor=ACTOR, now=NOW - timedelta(minutes=5))
        stray = make_report(started_at=NOW - timedelta(minutes=4))
        performed.create(session, stray, actor="station:CT01", now=NOW)
        return exam.id


def test_contrast_dose_and_procedure_are_written_down_in_the_room(
    exam_id: int, hand: Hand, open_as: OpenAs
) -> None:
    page = open_as(UserRole.TECHNOLOGIST, path="/rooms/CT01")
    card, dialog = page.locator(f"#exam-{exam_id}"), page.get_by_role("dialog")
    hand.press(card.get_by_role("link", name="Contrast given"))
    hand.fill(page.get_by_label("Agent, as on its label"), "Iomeron 350")
    hand.fill(page.get_by_label("Volume, mL"), "80")
    page.get_by_label("Reaction").select_option("moderate")
    hand.press(dialog.get_by_role("button", name="Record"))
    expect(card).to_contain_text("Contrast reaction: iodinated, moderate")
    expect(card).to_contain_text("Iomeron 350 80 mL")
    hand.press(card.get_by_role("link", name="Dose"))
    hand.fill(page.get_by_label("DLP"), "312,5")
    hand.press(dialog.get_by_role("button", name="Record"))
    expect(card).to_contain_text("DLP 312.5 mGy·cm")
    hand.press(card.get_by_role("link", name="Another procedure"))
    page.get_by_label("What is done").select_option("71271")
    hand.fill(dialog.get_by_label("Why"), "Follow-up only")
    hand.press(dialog.get_by_role("button", name="Change"))
    expect(card).to_contain_text("CT chest, low dose")


def test_an_exam_is_started_paused_finished_and_discontinued(
    hand: Hand, open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        exam_id = schedule(session, room, NOW).id
    page = open_as(UserRole.TECHNOLOGIST, path="/rooms/CT01")
    exam = page.locator(f"#exam-{exam_id}")
    hand.press(exam.get_by_role("button", name="Start"))
    expect(exam.locator(".status")).to_have_text("In progress")
    hand.press(exam.get_by_text("Pause …"))
    hand.fill(exam.locator("details[open]").get_by_label("Why"), "Injector fault")
    hand.press(exam.get_by_role("button", name="Pause"))
    expect(exam).to_contain_text("paused for 0 min: Injector fault")
    hand.press(exam.get_by_role("button", name="Resume"))
    expect(exam).not_to_contain_text("paused")
    hand.press(exam.get_by_role("button", name="Complete"))
    expect(page.locator("[aria-labelledby=lane-Done]")).to_contain_text("Completed")
    hand.press(exam.get_by_role("link").first)
    hand.press(page.get_by_role("button", name="Go on with it"))
    hand.press(page.get_by_text("Discontinue …"))
    hand.fill(page.locator("details[open]").get_by_label("Why"), "Unwell")
    hand.press(page.get_by_role("button", name="Discontinue"))
    expect(page.locator(".head .status")).to_have_text("Discontinued")


def test_an_exam_with_open_questions_begins_when_they_are_dealt_with(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    """By keys the question is answered, by mouse it is approved; both where Start was refused."""
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        asked = [
            schedule(session, room, NOW + minutes * timedelta(minutes=1)) for minutes in (0, 20)
        ]
        for exam, fact in zip(asked, ("weight", None), strict=True):
            exam.holds.append(
                ExamHold(
                    rule="RM-01",
                    role="technologist",
                    question="What does the patient weigh?",
                    fact=fact,
                    finding={"text": "The table carries 200 kg.", "source": "maker"},
                    raised_at=NOW,
                )
            )
            service.check_in(session, exam, actor=ACTOR, now=NOW)
        first, second = (exam.id for exam in asked)
    page = open_as(UserRole.TECHNOLOGIST, path="/rooms/CT01")
    dialog = page.get_by_role("dialog")
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(dialog).to_contain_text("What does the patient weigh?")
    expect(page.get_by_label("Weight, kg")).to_be_focused()
    page.keyboard.type("71")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("No question is open.")
    expect(dialog.get_by_role("button", name="Start")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"#exam-{first} .status")).to_have_text("In progress")
    expect(dialog).not_to_be_visible()
    card = page.locator(f"#exam-{second}")
    card.get_by_role("button", name="Start").click()
    dialog.get_by_label("Why the exam goes on").fill("Seen on the ward's scale")
    dialog.get_by_role("button", name="Approve").click()
    dialog.get_by_role("button", name="Start").click()
    expect(card.locator(".status")).to_have_text("In progress")
    with session_factory() as session:
        overridden = session.query(AuditEvent).filter_by(action="hold.overridden").one()
        assert overridden.detail["role"] == "technologist"
        assert overridden.detail["reason"] == "Seen on the ward's scale"


def test_an_exam_is_paused_and_resumed_by_key(exam_id: int, open_as: OpenAs) -> None:
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
    exam_id: int, open_as: OpenAs
) -> None:
    page = open_as(UserRole.TECHNOLOGIST, path="/rooms/CT01")
    assert exam_id
    scanners = page.locator("[aria-labelledby=scanners]")
    expect(scanners).to_contain_text("of no exam that is known")
    scanners.get_by_role("link", name="Find its exam").click()
    expect(page.locator("#performed-queue article")).to_have_count(1)
