"""One Chromium for a module, one page for each test."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support import browser, busy, web
from worklist import db
from worklist.auth.roles import UserRole

if TYPE_CHECKING:
    from tests.conftest import DatabaseServer

# As long as Playwright waits for everything else: a busy machine is late, not wrong.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module", autouse=True)
def _quick_hashes() -> Iterator[None]:
    with web.quick_hashes():
        yield


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, for one module: Playwright keeps an event loop running meanwhile."""
    with sync_playwright() as playwright:
        opened = browser.launch(playwright)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def morning_template(database_server: "DatabaseServer", template_database: str) -> Iterator[str]:
    """The name of a database with a department in the middle of a morning, to copy from."""
    for url in database_server.copy(template_database):
        engine = db.make_engine(url)
        busy.fill(db.make_session_factory(engine), days=1.1, busiest_seconds=420)
        name = engine.url.database
        engine.dispose()
        assert name is not None
        yield name


@pytest.fixture(scope="module")
def morning(database_server: "DatabaseServer", morning_template: str) -> Iterator[str]:
    """The address of a database of this module's own with a department in a morning."""
    yield from database_server.copy(morning_template)


@pytest.fixture
def address(database: str, empty_redis: str) -> Iterator[str]:
    """The address of the application over this test's own database."""
    with browser.serve(web.settings_for(database, empty_redis)) as served:
        yield served


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh window at a desk's size; the browser may complain of nothing."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    complaints = browser.watch(opened)
    yield opened
    context.close()
    assert complaints == []


@pytest.fixture
def open_as(page: Page, address: str, session_factory: db.SessionFactory) -> Callable[..., Page]:
    """Sign in as somebody with these roles; gives the page, whose addresses may be relative."""

    def sign_in(*roles: UserRole, path: str = "/", username: str = "dana") -> Page:
        web.make_user(session_factory, *roles, username=username)
        browser.enter(page, address, username)
        page.goto(address + path)
        browser.settle(page)
        return page

    return sign_in


@pytest.fixture(params=["mouse", "keys"])
def hand(request: pytest.FixtureRequest, page: Page) -> browser.Hand:
    """Who works the page: by mouse alone, then by keys alone."""
    return browser.Hand(page, request.param)
