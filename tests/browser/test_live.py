"""Open pages hear what happens, and ask for no more than that."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy.orm import Session

from tests.support import browser
from tests.support.browser import OpenAs
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_scanner,
)
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling import service as scheduling

LIVE_PAGES = (
    "/day",
    "/arrivals",
    "/orders?tab=open",
    "/rooms",
    "/rooms/CT01",
    "/rooms/wall",
    "/reading",
    "/waiting",
    "/messages",
)


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    with db.transaction(session_factory) as session:
        make_scanner(session)
        return make_exam(session).id


def listen(page: Page) -> list[str]:
    """Collect the addresses that a page asks by itself, the event stream aside."""
    asked: list[str] = []

    def note(address: str) -> None:
        parts = urlsplit(address)
        if parts.path != "/events" and not parts.path.startswith("/static"):
            asked.append(parts.path)

    page.on("request", lambda request: note(request.url))
    return asked


def test_a_page_that_missed_nothing_is_asked_for_once(open_as: OpenAs, exam_id: int) -> None:
    page = open_as(*UserRole, path="/day")
    address = page.url.removesuffix("/day")
    for path in (*LIVE_PAGES, f"/exams/{exam_id}"):
        asked = listen(page)
        page.goto(address + path)
        browser.settle(page)
        assert asked == [path.partition("?")[0]] + (["/day/grid.css"] if path == "/day" else [])


def test_a_page_whose_scripts_come_late_is_live_too(open_as: OpenAs, exam_id: int) -> None:
    page = open_as(UserRole.FRONT_DESK, path=f"/exams/{exam_id}")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/hx-sse.min.js*", hold)
    page.goto(page.url, wait_until="commit")
    while not held:
        page.wait_for_timeout(50)
    page.wait_for_timeout(500)  # time for htmx to look at the page, if it would
    held[0].continue_()
    browser.settle(page)


def test_news_of_another_day_leaves_the_arrivals_as_they_are(
    open_as: OpenAs, session_factory: db.SessionFactory, exam_id: int
) -> None:
    with db.transaction(session_factory) as session:
        shown = make_exam(session, patient=make_patient(session, "DOE^JANE"))
        book(session, shown, NOW + timedelta(minutes=30))
        shown_id = shown.id
    page = open_as(UserRole.FRONT_DESK, path="/arrivals")
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status))
    with page.expect_response("**/arrivals"), db.transaction(session_factory) as session:
        book(session, session.get_one(ScheduledProcedureStep, exam_id), NOW + timedelta(days=1))
    assert statuses == [204]
    with page.expect_response("**/arrivals"), db.transaction(session_factory) as session:
        exam = session.get_one(ScheduledProcedureStep, shown_id)
        scheduling.cancel_exam(session, exam, actor=ACTOR, now=NOW, reason="Well")
    expect(page.locator(f"#arrival-{shown_id}")).to_have_count(0)
    assert statuses == [204, 200]


def book(session: Session, exam: ScheduledProcedureStep, starts_at: datetime) -> None:
    room = session.query(Room).one()
    scheduling.book(session, exam, room_id=room.id, starts_at=starts_at, actor=ACTOR, now=NOW)
