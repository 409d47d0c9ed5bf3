"""Pages as people see them: the application on a real port, and the machine's Chromium."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import pytest
import redis
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from config import Settings
from tests.support import programs, serving, web
from tests.support.department import NOW
from tests.support.live import Nowhere
from worklist import news, nudge

# How often Tab is pressed before a page counts as a trap for the focus.
ANYWHERE = 80
# The fixture `open_as`: roles and a path in, the page of somebody who has them out.
OpenAs = Callable[..., Page]
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-GB",
)
# Refusals that a test asks for, and requests cut off by leaving the page.
_NO_FAULTS = ("Failed to load resource", "Failed to fetch")


def launch(playwright: Playwright) -> Browser:
    """Start the system's Chromium; without one the test is skipped, in CI it fails."""
    return playwright.chromium.launch(
        executable_path=programs.need("chromium"), args=[*_FLAGS], headless=True
    )


class _Live:
    """Tells open pages what changes; there are no workers to ask."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url)

    def send_task(self, name: str, argument: int) -> None:
        """Nobody works."""

    def publish(self, channel: str, message: str) -> None:
        news.tell(self._redis, channel, message)


@contextmanager
def serve(settings: Settings, *, now: datetime = NOW) -> Iterator[str]:
    """Serve the application with a stopped clock and live nudges; gives its address."""
    app = web.make_app(settings, clock=lambda: now)
    nudge.use(_Live(settings.require_redis_url()))
    try:
        with (
            web.connected(app, settings.require_database_url()),
            serving.serve(app) as address,
        ):
            yield address
    finally:
        nudge.use(Nowhere())


def sign_in(page: Page, address: str, username: str, *, password: str = web.PASSWORD) -> None:
    """Sign in by the form, as people do."""
    page.goto(f"{address}/sign-in")
    page.get_by_label("Name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def enter(page: Page, address: str, username: str) -> None:
    """Sign in by the same form without showing it, or the page that it leads to."""
    door = f"{address}/sign-in"
    browser = {"User-Agent": page.evaluate("navigator.userAgent")}
    form: dict[str, str | float | bool] = {"username": username, "password": web.PASSWORD}
    form["csrf_token"] = web.token_of(page.request.get(door, headers=browser).text())
    answer = page.request.post(door, form=form, headers=browser, max_redirects=0)
    assert answer.status == HTTPStatus.SEE_OTHER, answer.text()


def settle(page: Page) -> None:
    """Wait until the page hears news and has shown those that it missed while it loaded."""
    if not page.locator("[data-live]").count():
        return
    expect(page.locator("[data-live]")).to_have_text("live")
    expect(page.locator("main .htmx-request")).to_have_count(0)


def open_window(chromium: Browser, address: str, username: str, path: str) -> Page:
    """Sign somebody in at a window of their own and open a page there."""
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    enter(page, address, username)
    page.goto(address + path)
    settle(page)
    return page


def tab_to(page: Page, what: Locator, most: int = ANYWHERE, *, key: str = "Tab") -> None:
    """Press the key until the focus is there, and not at all where it is there already."""
    for _ in range(most):
        if what.count() and what.first.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press(key)
    pytest.fail(f"{most} times {key} do not get to {what}")


@dataclass(frozen=True)
class Hand:
    """Somebody who works a page by mouse alone, or by keys alone."""

    page: Page
    by: str

    def press(self, what: Locator) -> None:
        """Click a button or link, or go to it and press Enter."""
        if self.by == "mouse":
            what.click()
            return
        self._go_to(what)
        self.page.keyboard.press("Enter")

    def tick(self, what: Locator) -> None:
        """Tick a box or choose a radio button."""
        if self.by == "mouse":
            what.click()
            return
        self._go_to(what)
        self.page.keyboard.press("Space")

    def fill(self, field: Locator, text: str) -> None:
        """Type into a field."""
        if self.by == "mouse":
            field.click()
            field.fill(text)
            return
        self._go_to(field)
        self.page.keyboard.type(text)

    def _go_to(self, what: Locator) -> None:
        """Take the focus there; whatever cannot have it is not to be reached by keys."""
        what.focus()
        expect(what).to_be_focused()


def watch(page: Page) -> list[str]:
    """Collect what the browser complains of: script errors and refused inline code."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and not any(one in message.text for one in _NO_FAULTS)
            else None
        ),
    )
    return complaints
