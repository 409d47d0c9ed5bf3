"""Where Tab stops on a page, and whether one sees there where one is."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.browser import ANYWHERE

# Where the focus is: null at the end of the page, else what of it can be seen.
STOP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 6), 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  return {
    name: (at.getAttribute("aria-label") || at.innerText || at.name || at.id).trim().slice(0, 40),
    seen: box.width > 2 && (at.contains(top) || top.contains(at) || top.closest("label") !== null),
    marked: style.outlineStyle !== "none" || at.matches("[type=date], [type=time]"),
    in_dialog: at.closest("dialog") !== null,
    follows: !window.before || window.before === at
      || Boolean(window.before.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING),
    before: window.before = at,
  };
}"""


def stops(page: Page, most: int = ANYWHERE) -> Iterator[dict[str, Any]]:
    """Press Tab from the first link of the page to its end."""
    page.evaluate("() => { window.before = null; document.querySelector('.skip').focus(); }")
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        # Behind the last stop comes the browser's own bar, or the page's first stop once more.
        if stop is None or stop["name"] == "To the content":
            return
        yield stop
    pytest.fail(f"{most} times Tab do not get out of {page.url}")


def faults(found: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the stops that cannot be seen, have no mark of the focus, or stand out of order."""
    told = {"seen": "not seen", "marked": "no focus to be seen", "follows": "out of order"}
    return {
        fault: names
        for name, fault in told.items()
        if (names := [one["name"] for one in found if not one[name]])
    }
