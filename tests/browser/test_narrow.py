"""Long names in narrow windows: nothing hangs out of the page, and what can be done is in sight."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.support import browser
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
from worklist.scheduling import service as scheduling

NAME = "WOLFESCHLEGELSTEINHAUSENBERGERDORFF-MEIER^HUBERTUS MAXIMILIAN"
HANGS_OUT = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    with db.transaction(session_factory) as session:
        room = make_room(session, make_site(session), "CT01-NORTHWING")
        make_procedure(session, name="CT of the chest, abdomen and pelvis with contrast medium")
        exam = make_exam(session, patient=make_patient(session, NAME))
        starts_at = NOW + timedelta(hours=1)
        scheduling.book(session, exam, room_id=room.id, starts_at=starts_at, actor=ACTOR, now=NOW)
        return exam.id


@pytest.mark.parametrize("width", [1440, 1024, 768])
def test_no_page_hangs_out_of_its_window(open_as: OpenAs, exam_id: int, width: int) -> None:
    page = open_as(*UserRole)
    home = page.url.partition("/day")[0]
    page.set_viewport_size({"width": width, "height": 900})
    for path in ("/day", "/arrivals", "/orders?tab=open", "/rooms", "/rooms/CT01-NORTHWING",
                 "/rooms/wall", f"/exams/{exam_id}", f"/exams/{exam_id}/slots"):  # fmt: skip
        page.goto(home + path)
        browser.settle(page)
        assert page.evaluate(HANGS_OUT) <= 0, path
    for path, name in (("/arrivals", "Check in"), ("/orders?tab=open", "Move")):
        page.goto(home + path)
        button = page.get_by_role("link", name=name).bounding_box()
        assert button, path
        assert button["x"] + button["width"] <= width, path


def test_the_bar_is_one_line_where_places_go_behind_more(open_as: OpenAs, exam_id: int) -> None:
    page = open_as(*UserRole, path=f"/exams/{exam_id}")
    bar = page.locator(".bar")
    wide = bar.bounding_box()
    expect(bar.get_by_role("link", name="Messages")).to_be_visible()
    page.set_viewport_size({"width": 1024, "height": 768})
    expect(bar.get_by_role("link", name="Messages")).not_to_be_visible()
    assert wide
    assert bar.bounding_box() == {**wide, "width": 1024}
    page.get_by_text("More", exact=True).press("Enter")
    expect(bar.get_by_role("link", name="Messages")).to_be_visible()
    menu = page.locator(".bar .more div").bounding_box()
    assert menu
    assert menu["x"] + menu["width"] <= 1024
    page.set_viewport_size({"width": 768, "height": 1024})
    expect(bar.get_by_role("link", name="Rooms")).to_be_visible()  # in the open menu
    slim = bar.bounding_box()
    assert slim
    assert slim["height"] <= wide["height"] + 1
    page.get_by_text("More", exact=True).press("Enter")
    expect(bar.get_by_role("link", name="Rooms")).not_to_be_visible()


def test_a_card_walked_to_by_keys_tells_the_whole_name(open_as: OpenAs, exam_id: int) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/day")
    page.set_viewport_size({"width": 768, "height": 900})
    name = page.locator(f"#exam-{exam_id} .name")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.locator(f"#exam-{exam_id} .open:focus-visible").count():
            break
    cut = name.evaluate(
        "one => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight"
    )
    assert not cut
