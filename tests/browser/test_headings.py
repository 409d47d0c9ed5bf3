"""The headings of a long list stay in sight, and never over what has the focus."""

import pytest
from playwright.sync_api import Locator, expect

from tests.support import browser
from tests.support.browser import OpenAs
from tests.support.department import make_exam, make_patient, make_procedure, make_site
from worklist import db
from worklist.auth.roles import UserRole

_ROWS, _STEPS = 50, 25
_BOX = "one => { const box = one.getBoundingClientRect(); return [box.top, box.bottom]; }"


@pytest.fixture
def waiting(session_factory: db.SessionFactory) -> None:
    """More orders than a window shows."""
    with db.transaction(session_factory) as session:
        make_site(session)
        make_procedure(session)
        for number in range(_ROWS):
            make_exam(session, patient=make_patient(session, f"DOE^N{number:02}"))


def _box(part: Locator) -> tuple[float, float]:
    top, bottom = part.evaluate(_BOX)
    return top, bottom


@pytest.mark.parametrize("width", [1440, 768])
@pytest.mark.usefixtures("waiting")
def test_headings_stay_in_sight_and_leave_the_focus_free(open_as: OpenAs, width: int) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/orders?tab=open")
    page.set_viewport_size({"width": width, "height": 700})
    expect(page.locator(".table-wrap[data-fits]")).to_have_count(1)
    heading, rows = page.locator("#inbox thead th").first, page.locator("#inbox tbody tr")
    expect(rows).to_have_count(_ROWS)
    rows.last.scroll_into_view_if_needed()
    top, bottom = _box(heading)
    assert (round(top), bottom > top) == (0, True)
    # Back up by keys: each link that gets the focus is below the headings.
    rows.nth(_ROWS - 1).get_by_role("link").first.focus()
    for _ in range(_STEPS):
        page.keyboard.press("Shift+Tab")
        focused = page.locator("#inbox tbody :focus")
        if not focused.count():
            continue
        assert _box(focused)[0] >= bottom - 1


@pytest.mark.usefixtures("waiting")
def test_headings_stay_also_after_the_list_was_fetched_anew(open_as: OpenAs) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/orders?tab=open")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('connected'))")
    browser.settle(page)
    expect(page.locator(".table-wrap[data-fits]")).to_have_count(1)


@pytest.mark.usefixtures("waiting")
def test_on_paper_headings_stay_where_they_are(open_as: OpenAs) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/orders?tab=open")
    page.emulate_media(media="print")
    expect(page.locator("#inbox thead")).to_have_css("position", "static")
