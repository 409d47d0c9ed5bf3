"""The desks in German: chosen on the account's page, and no long word breaks a page."""

import pytest
from playwright.sync_api import expect

from tests.support import browser
from tests.support.browser import OpenAs
from tests.support.department import make_room, make_site
from worklist import db
from worklist.auth.roles import UserRole

DESKS = (
    ("/day", "Di. 24.11.2026", "Neuer Auftrag"),
    ("/arrivals", "Anmeldung", "Niemand wartet."),
    ("/rooms", "Räume", "Als Nächstes"),
    ("/reading", "Befundung", "Nächster Fall"),
    ("/rules", "Regeln", "Jodhaltiges Kontrastmittel"),
    ("/statistics", "Statistik", "Dritter freier halbstündiger Termin, ab jetzt"),
)


@pytest.fixture
def department(session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT1")


@pytest.mark.usefixtures("department")
def test_every_desk_is_german_and_fits_its_screen(open_as: OpenAs, address: str) -> None:
    page = open_as(*UserRole, path="/accounts/own")
    page.get_by_label("Language").select_option(label="Deutsch")
    expect(page.locator(".notice")).to_have_text(
        "Die Seiten erscheinen ab jetzt in dieser Sprache."
    )
    for path, heading, text in DESKS:
        page.goto(address + path)
        browser.settle(page)
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.locator("h1")).to_have_text(heading)
        expect(page.get_by_text(text).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 1440, path
        assert page.evaluate("document.querySelector('.bar').offsetHeight") < 60, path
    page.goto(f"{address}/accounts/own")
    page.get_by_label("Sprache").select_option(label="English")
    expect(page.locator("html")).to_have_attribute("lang", "en")
