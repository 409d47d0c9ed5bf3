"""The day board in a browser: dragging, keys and what others do meanwhile."""

from datetime import time, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support import browser, web
from tests.support.browser import OpenAs
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_site,
)
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling import service as scheduling

TEN = NOW + timedelta(hours=1)
ROW_PIXELS = 8


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    """An exam at ten in CT01, beside a CT02 and an MR."""
    with db.transaction(session_factory) as session:
        site = make_site(session)
        first = make_room(session, site, "CT01", opens=time(8), closes=time(17))
        make_room(session, site, "CT02", opens=time(8), closes=time(17))
        make_room(session, site, "MR01", modality="MR", opens=time(8), closes=time(17))
        make_procedure(session)
        exam = make_exam(session)
        scheduling.book(session, exam, room_id=first.id, starts_at=TEN, actor=ACTOR, now=NOW)
        return exam.id


def slot_of(sessions: db.SessionFactory, exam_id: int) -> tuple[str, str]:
    with sessions() as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        assert exam.room is not None
        assert exam.starts_at is not None
        return exam.room.code, f"{exam.starts_at:%H:%M}"


def take(page: Page, card: Locator) -> None:
    """Press on the card and move a little: from here on it is being dragged."""
    box = card.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 30, box["y"] + 12)
    expect(page.locator(".column.can")).not_to_have_count(0)


def move_to(page: Page, code: str, row: int) -> None:
    """Move to a row of a room's column, counted from the first that is shown."""
    column = page.locator(f'.column[data-code="{code}"]').bounding_box()
    assert column
    page.mouse.move(column["x"] + 30, column["y"] + row * ROW_PIXELS + 2)


def test_an_exam_is_dragged_to_another_room(
    open_as: OpenAs, session_factory: db.SessionFactory, exam_id: int
) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/day")
    take(page, page.locator(f"#exam-{exam_id}"))
    expect(page.locator('.column[data-code="MR01"]')).to_have_attribute(
        "data-reason", "This room does not do CT."
    )
    # The first row shown is 07:00; 11:30 is 54 rows of five minutes later.
    move_to(page, "CT02", 54)
    expect(page.locator(".ghost")).to_have_text("11:30 CT02")
    page.mouse.up()
    expect(page.locator("#answer")).to_have_text("Booked: CT02, 11:30.")
    expect(page.locator(f'.column[data-code="CT02"] #exam-{exam_id}')).to_be_visible()
    assert slot_of(session_factory, exam_id) == ("CT02", "11:30")


def test_what_is_dragged_over_the_hour_that_comes_twice_tells_its_zone(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    """On 31 October 2027 clocks in Vienna go from 03:00 back to 02:00."""
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session, time_zone="Europe/Vienna"), "CT01")
        make_procedure(session)
        exam_id = make_exam(session).id
    page = open_as(UserRole.FRONT_DESK, path="/day?day=2027-10-31&hours=all")
    take(page, page.locator(f"#exam-{exam_id}"))
    ghost = page.locator(".ghost")
    for row, told in ((23, "01:55"), (30, "02:30 CEST"), (42, "02:30 CET"), (48, "03:00")):
        move_to(page, "CT01", row)
        expect(ghost).to_have_text(f"{told} CT01")
    page.keyboard.press("Escape")


def test_a_finger_takes_an_exam_by_resting_on_it_and_scrolls_otherwise(
    chromium: Browser, address: str, session_factory: db.SessionFactory, exam_id: int
) -> None:
    context = chromium.new_context(viewport={"width": 1024, "height": 768}, has_touch=True)
    page = context.new_page()
    web.make_user(session_factory, UserRole.FRONT_DESK)
    browser.sign_in(page, address, "dana")
    page.goto(f"{address}/day")
    browser.settle(page)
    fingers = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        where = [{"x": x, "y": y} for x, y in points]
        fingers.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": where})

    card = page.locator(f"#exam-{exam_id}")
    box = card.bounding_box()
    assert box
    touch("Start", (box["x"] + 20, box["y"] + 4))
    touch("Move", (box["x"] + 20, box["y"] + 40))
    touch("End")
    expect(page.locator("body")).not_to_have_class("dragging")
    card.scroll_into_view_if_needed()
    box = card.bounding_box()
    assert box
    touch("Start", (box["x"] + 20, box["y"] + 2))
    expect(page.locator(".column.can")).not_to_have_count(0)
    column = page.locator('.column[data-code="CT02"]').bounding_box()
    assert column
    # The first row shown is 07:00; 11:30 is 54 rows of five minutes later.
    touch("Move", (column["x"] + 30, column["y"] + 54 * ROW_PIXELS + 2))
    expect(page.locator(".ghost")).to_have_text("11:30 CT02")
    touch("End")
    expect(page.locator("#answer")).to_have_text("Booked: CT02, 11:30.")
    context.close()
    assert slot_of(session_factory, exam_id) == ("CT02", "11:30")


@pytest.mark.usefixtures("exam_id")
def test_two_clerks_on_one_slot_get_one_booking_and_fresh_slots(
    open_as: OpenAs,
    hand: browser.Hand,
    chromium: Browser,
    address: str,
    session_factory: db.SessionFactory,
) -> None:
    with db.transaction(session_factory) as session:
        waiting = [
            make_exam(session, patient=make_patient(session, name)).id
            for name in ("DOE^JANE", "POE^ANN")
        ]
    first = open_as(UserRole.FRONT_DESK, path=f"/exams/{waiting[0]}/slots")
    web.make_user(session_factory, UserRole.FRONT_DESK, username="dora")
    second = browser.open_window(chromium, address, "dora", f"/exams/{waiting[1]}/slots")
    same = first.locator(".slot").first.inner_text()
    assert second.locator(".slot").first.inner_text() == same
    hand.press(first.locator(".slot").first)
    expect(first.locator("#answer")).to_contain_text("Booked: ")
    other = browser.Hand(second, hand.by)
    other.press(second.locator(".slot").first)
    expect(second.locator("#dialog-content")).to_contain_text("is not free then")
    other.press(second.locator("#dialog .slot").first)
    expect(second.locator("#answer")).to_contain_text("Booked: ")
    second.context.close()
    slots = {slot_of(session_factory, one) for one in waiting}
    assert len(slots) == len(waiting)


def test_a_room_that_may_not_take_it_says_why(
    open_as: OpenAs, session_factory: db.SessionFactory, exam_id: int
) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/day")
    take(page, page.locator(f"#exam-{exam_id}"))
    move_to(page, "MR01", 54)
    page.mouse.up()
    expect(page.locator("#answer")).to_have_text("This room does not do CT.")
    assert slot_of(session_factory, exam_id) == ("CT01", "10:00")


@pytest.mark.usefixtures("exam_id")
def test_a_slot_that_is_gone_gives_fresh_ones_to_click(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        waiting = make_exam(session, patient=make_patient(session, "DOE^JANE"))
    page = open_as(UserRole.FRONT_DESK, path="/day")
    take(page, page.locator(f"#exam-{waiting.id}"))
    move_to(page, "CT01", 36)
    page.mouse.up()
    expect(page.locator("#dialog-content")).to_contain_text("is not free then")
    page.locator("#dialog .slot").first.click()
    expect(page.locator("#answer")).to_contain_text("Booked: ")
    expect(page.locator(f".column #exam-{waiting.id}")).to_be_visible()


def test_the_board_tells_the_keys_that_walk_over_it(open_as: OpenAs, exam_id: int) -> None:
    assert exam_id
    page = open_as(UserRole.FRONT_DESK, path="/day")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    for row in ("m Move the exam in focus", "↑ ↓ ← → from the exam in focus to the next one"):
        expect(keys.get_by_role("row", name=row, exact=True)).to_be_visible()


def test_the_keyboard_moves_an_exam_by_its_form(
    open_as: OpenAs, session_factory: db.SessionFactory, exam_id: int
) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/day")
    page.locator(f"#exam-{exam_id} .open").focus()
    page.keyboard.press("m")
    expect(page.locator("#dialog")).to_be_visible()
    expect(page.locator("#dialog .slot").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("Booked: ")
    assert slot_of(session_factory, exam_id) != ("CT01", "10:00")


def test_a_refusal_is_told_inside_the_open_dialog(open_as: OpenAs, exam_id: int) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/day")
    page.locator(f"#exam-{exam_id} .open").focus()
    page.keyboard.press("m")
    page.get_by_text("At a time of your own").click()
    page.get_by_label("Start").fill("2026-11-20T10:00")
    page.get_by_role("button", name="Book").click()
    expect(page.locator("#dialog #answer")).to_contain_text("This time is in the past")
    page.keyboard.press("Escape")
    expect(page.locator("body > #answer")).to_contain_text("This time is in the past")


def test_the_board_shows_what_others_do(
    open_as: OpenAs, session_factory: db.SessionFactory, exam_id: int
) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/day")
    browser.settle(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    with db.transaction(session_factory) as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        second = session.query(Room).order_by(Room.id).all()[1]
        scheduling.book(
            session,
            exam,
            room_id=second.id,
            starts_at=TEN + timedelta(hours=2),
            actor=ACTOR,
            now=NOW,
        )
    moved = page.locator(f'.column[data-code="CT02"] #exam-{exam_id}')
    expect(moved).to_be_visible()
    with db.transaction(session_factory) as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        exam.status = StepStatus.UNSCHEDULED
        scheduling.cancel_exam(session, exam, actor=ACTOR, now=NOW, reason="Not needed")
    expect(moved).to_have_count(0)
    assert set(asked) == {"/day/cells"}, "the whole board is not asked for"
