"""A desk's work by Tab alone, over what the page redraws meanwhile: the focus does not get lost.

Where a part is redrawn by what was just done, the next thing to do is a few stops away, not at the
other end of the page.
"""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.support.browser import OpenAs, tab_to
from tests.support.department import ACTOR, NOW, make_exam, make_patient, make_scanner
from tests.support.dicom import schedule
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.performing import service as performing

NEAR = 20


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    """An exam half an hour from now in CT01, whose patient is here, and one without a slot."""
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        make_exam(session, patient=make_patient(session, "POE^ANN"))
        exam = schedule(session, session.get_one(Room, room.id), NOW + timedelta(minutes=30))
        performing.check_in(session, exam, actor=ACTOR, now=NOW)
        return exam.id


def status_of(session_factory: db.SessionFactory, exam_id: int) -> StepStatus:
    with session_factory() as session:
        return session.get_one(ScheduledProcedureStep, exam_id).status


def test_a_technologist_does_an_exam_by_tab(
    open_as: OpenAs, session_factory: db.SessionFactory, exam_id: int
) -> None:
    page = open_as(UserRole.TECHNOLOGIST, path="/rooms/CT01")
    card = page.locator(f"#exam-{exam_id}")
    tab_to(page, card.get_by_role("button", name="Start", exact=True))
    page.keyboard.press("Enter")
    pause = card.locator("#exams-pause-" + str(exam_id))
    expect(pause).to_be_visible()
    assert status_of(session_factory, exam_id) is StepStatus.STARTED
    tab_to(page, pause.locator("summary"), NEAR)
    page.keyboard.press("Enter")
    tab_to(page, pause.get_by_label("Why"), NEAR)
    page.keyboard.type("Injector is being filled")
    tab_to(page, pause.get_by_role("button", name="Pause"), NEAR)
    page.keyboard.press("Enter")
    resume = card.get_by_role("button", name="Resume")
    expect(resume).to_be_visible()
    # The form is gone; what begins again stands before where it was.
    tab_to(page, resume, NEAR, key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(pause).to_be_visible()
    tab_to(page, card.get_by_role("button", name="Complete"), NEAR)
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Done")).to_contain_text("ROE, RICHARD")
    assert status_of(session_factory, exam_id) is StepStatus.COMPLETED


def test_the_order_inbox_by_tab(
    open_as: OpenAs, session_factory: db.SessionFactory, exam_id: int
) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/orders")
    tab_to(page, page.get_by_role("link", name="All open"))
    page.keyboard.press("Enter")
    opener = page.locator(f"#order-{exam_id}").get_by_role("link", name="Move")
    expect(opener).to_be_visible()
    tab_to(page, opener)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.closest('tr').id") == f"order-{exam_id}"
    tab_to(page, page.get_by_role("link", name="Place"))
    page.keyboard.press("Enter")
    expect(dialog.locator(".slot").first).to_be_focused()
    tab_to(page, dialog.locator(".slot").nth(2), NEAR)
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("Booked: ")
    expect(page.get_by_role("link", name="Place")).to_have_count(0)
    with session_factory() as session:
        waiting = session.query(ScheduledProcedureStep).filter_by(status=StepStatus.UNSCHEDULED)
        assert waiting.count() == 0
    # What the row offers is another thing now; the focus is in the row still.
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("Boolean(document.activeElement.closest('tr[id^=order-]'))")
