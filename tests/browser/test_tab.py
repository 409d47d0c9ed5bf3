"""The keyboard as it is: Tab goes through a page in reading order, sees where it is, and gets out.

What the other tests focus by program is reached here by pressing Tab alone.
"""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.support import browser
from tests.support.browser import OpenAs, tab_to
from tests.support.department import ACTOR, NOW, make_exam, make_patient, make_scanner
from tests.support.dicom import schedule
from tests.support.reading import make_task
from tests.support.tabbing import STOP, faults, stops
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling import service as scheduling

PAGES = (
    "/day",
    "/arrivals",
    "/orders?tab=open",
    "/orders/new",
    "/rooms",
    "/rooms/CT01",
    "/reading",
    "/waiting",
    "/statistics",
)


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    """An exam half an hour from now in CT01, one that waits for a slot, and a case to read."""
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        make_exam(session, patient=make_patient(session, "POE^ANN"))
        make_task(session, ended=timedelta(minutes=30))
        in_room = session.get_one(Room, room.id)
        return schedule(session, in_room, NOW + timedelta(minutes=30)).id


@pytest.mark.usefixtures("exam_id")
def test_tab_goes_through_every_desk_in_order_and_gets_out(open_as: OpenAs) -> None:
    page = open_as(*UserRole, path="/day")
    home = page.url.removesuffix("/day")
    for path in PAGES:
        page.goto(home + path)
        browser.settle(page)
        assert faults(list(stops(page))) == {}, path


def test_a_patient_is_checked_in_by_tab_and_the_focus_comes_back(
    open_as: OpenAs, session_factory: db.SessionFactory, exam_id: int
) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/arrivals")
    opener = page.locator(f"#arrival-{exam_id}").get_by_role("link", name="Check in")
    dialog = page.get_by_role("dialog")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        at = page.evaluate(STOP)
        assert at is None or at["in_dialog"], "what lies behind a dialog is not reached"
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    tab_to(page, dialog.get_by_label("Both agree"))
    page.keyboard.press("Space")
    tab_to(page, dialog.get_by_role("button", name="Check in"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Here")).to_contain_text("ROE, RICHARD")
    with session_factory() as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        assert exam.status is StepStatus.ARRIVED


def test_an_order_gets_its_slot_by_tab(
    open_as: OpenAs, session_factory: db.SessionFactory, exam_id: int
) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/day")
    tab_to(page, page.locator("#tray").get_by_role("link", name="Place"))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    tab_to(page, dialog.locator(".slot").nth(2))
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("Booked: ")
    expect(dialog).not_to_be_visible()
    with session_factory() as session:
        placed = session.query(ScheduledProcedureStep).filter_by(status=StepStatus.SCHEDULED)
        assert {one.id for one in placed} > {exam_id}


def test_what_others_do_does_not_take_the_focus(
    open_as: OpenAs, session_factory: db.SessionFactory, exam_id: int
) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/arrivals")
    browser.settle(page)
    opener = page.locator(f"#arrival-{exam_id}").get_by_role("link", name="Check in")
    tab_to(page, opener)
    with db.transaction(session_factory) as session:
        room = session.query(Room).one()
        other = make_exam(session, patient=make_patient(session, "DOE^JOHN"))
        starts_at = NOW + timedelta(hours=2)
        scheduling.book(session, other, room_id=room.id, starts_at=starts_at, actor=ACTOR, now=NOW)
    expect(page.locator(f"#arrival-{other.id}")).to_be_visible()
    expect(opener).to_be_focused()


def test_a_case_is_claimed_by_tab(open_as: OpenAs, exam_id: int) -> None:
    assert exam_id
    page = open_as(UserRole.RADIOLOGIST, path="/reading")
    tab_to(page, page.get_by_role("button", name="Next case"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/reading/*")
    browser.settle(page)
    tab_to(page, page.get_by_label("What the images show"))
    page.keyboard.type("Normal.")
    tab_to(page, page.get_by_role("button", name="Sign", exact=True))
    page.keyboard.press("Enter")
    expect(page.locator("#report")).to_contain_text("Normal.")
