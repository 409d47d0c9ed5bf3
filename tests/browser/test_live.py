"""Open pages hear what happens, and ask for no more than that."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.support import browser
from tests.support.department import make_exam, make_procedure, make_room, make_site
from worklist import db
from worklist.auth.roles import UserRole

OpenAs = Callable[..., Page]
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
        make_room(session, make_site(session), "CT01")
        make_procedure(session)
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
