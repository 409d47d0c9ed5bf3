"""Every page in light and dark colours: axe finds nothing serious (WCAG 2.2, levels A and AA).

Pages are found in the application's own routes, so that a new one is looked at too.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support import browser, npm, web
from tests.support.busy import NOW
from tests.support.routes import pages
from worklist.demonstration.users import PASSWORD

_SERIOUS = {"serious", "critical"}
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The first rows of a long list stand for all.
_RUN = """only => axe.run({exclude: ['tbody > tr:nth-child(n+13)']}, {runOnly: only})
  .then(result => result.violations)"""
_LISTS = (
    "/arrivals", "/orders?tab=open", "/waiting", "/rooms", "/messages?tab=all",
    "/messages/outbox", "/connections", "/rules", "/policy", "/reminders",
    "/administration/procedure",
)  # fmt: skip
_TABLETS = (768, 1024)
# How many px of the page, or of a list, are only seen by scrolling to the side.
_HIDDEN_BY_SCROLLING = """() => Math.max(...[
  document.documentElement, ...document.querySelectorAll('main .table-wrap')
].map(one => one.scrollWidth - one.clientWidth))"""
_BEFORE_SIGN_IN = {"sign-in": "/sign-in"}


@pytest.fixture(scope="module")
def axe() -> Path:
    """The file of axe-core."""
    npm.need()
    return npm.FOLDER / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def department(morning: str, module_redis: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a department in the middle of a morning, and all of its pages."""
    client = web.make_client(morning, module_redis, clock=lambda: NOW)
    with client.application.extensions["worklist"].sessions() as session:
        addresses = pages(client.application, session)
    web.close(client)
    with browser.serve(web.settings_for(morning, module_redis), now=NOW) as address:
        yield address, addresses


def test_axe_finds_nothing_serious_on_any_page(
    chromium: Browser, department: tuple[str, dict[str, str]], axe: Path
) -> None:
    address, addresses = department
    # The policy that pages carry would refuse axe itself.
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    page = context.new_page()
    found = {name: look(page, address + path, axe) for name, path in _BEFORE_SIGN_IN.items()}
    browser.sign_in(page, address, "admin", password=PASSWORD)
    found |= {name: look(page, address + path, axe) for name, path in addresses.items()}
    context.close()
    told = [f"{name}: {problem}" for name, problems in found.items() for problem in problems]
    assert not told, "\n".join(told)


def test_lists_are_whole_on_a_tablet_in_german(
    chromium: Browser, department: tuple[str, dict[str, str]]
) -> None:
    address, addresses = department
    context = chromium.new_context(locale="en-GB")
    browser.sign_in(context.new_page(), address, "admin", password=PASSWORD)
    page = chromium.new_context(locale="de-DE", storage_state=context.storage_state()).new_page()
    context.close()
    wide = {}
    for path in (*_LISTS, addresses["patients.show"], addresses["reading.queue"] + "?tab=all"):
        page.goto(address + path, wait_until="domcontentloaded", timeout=90_000)
        assert page.locator("html").get_attribute("lang") == "de"
        for width in _TABLETS:
            page.set_viewport_size({"width": width, "height": 900})
            if hidden := page.evaluate(_HIDDEN_BY_SCROLLING):
                wide[path, width] = hidden
    page.context.close()
    assert wide == {}


def look(page: Page, address: str, axe: Path) -> list[str]:
    """Return what axe finds on a page, one line for each rule that does not hold.

    A part of a page that is asked for alone is looked at where it is shown.
    """
    page.emulate_media(color_scheme="light")
    answer = page.goto(address, wait_until="domcontentloaded", timeout=90_000)
    assert answer is not None
    assert answer.ok, f"{address} answers {answer.status}"
    if not page.locator("main").count():
        return []
    page.add_script_tag(path=axe)
    violations = page.evaluate(_RUN, {"type": "tag", "values": _TAGS})
    page.emulate_media(color_scheme="dark")
    # Between light and dark only the colours differ.
    violations += page.evaluate(_RUN, {"type": "rule", "values": ["color-contrast"]})
    return [_told(one) for one in violations if one["impact"] in _SERIOUS]


def _told(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    return f"{violation['id']} ({violation['impact']}) {len(nodes)} times, first {nodes[0]['html']}"
