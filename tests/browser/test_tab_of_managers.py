"""The pages of managers and administrators by keys alone: Tab, Enter, Escape, and nothing lost."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from tests.support import browser
from tests.support.browser import OpenAs, tab_to
from tests.support.department import ACTOR, NOW, make_scanner
from tests.support.reading import make_task
from tests.support.tabbing import faults, stops
from worklist import db
from worklist.auth.models import User
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Resource
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.file import PeerEntry
from worklist.rulebook import queries as rulebook

# Some lists are long: every threshold has its own fields.
MOST_STOPS = 400
PAGES = (
    "/statistics",
    "/reading/figures",
    "/messages",
    "/messages/outbox",
    "/connections",
    "/connections/peers/HIS",
    "/stations",
    "/stations/CT01",
    "/administration",
    "/administration/room",
    "/administration/room/CT01",
    "/administration/procedure/71250",
    "/accounts",
    "/accounts/tokens",
    "/accounts/own",
    "/policy",
    "/rules",
    "/trail",
)


@pytest.fixture(autouse=True)
def _department(session_factory: db.SessionFactory) -> None:
    """A CT with a case that was read, and a hospital system."""
    with db.transaction(session_factory) as session:
        make_scanner(session)
        make_task(session, ended=timedelta(minutes=30))
        entry = PeerEntry.model_validate(
            {"name": "HIS", "direction": "outbound", "host": "his.example", "port": 2575}
        )
        peers.save(session, entry, actor=ACTOR, now=NOW)


def test_tab_goes_through_every_page_in_order_and_gets_out(open_as: OpenAs) -> None:
    page = open_as(*UserRole, path="/administration")
    home = page.url.removesuffix("/administration")
    for path in PAGES:
        answer = page.goto(home + path)
        assert answer is not None
        assert answer.ok, f"{path} answers {answer.status}"
        browser.settle(page)
        assert faults(list(stops(page, MOST_STOPS))) == {}, path


def test_a_threshold_is_tried_and_changed_by_keys(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    page = open_as(UserRole.ADMINISTRATOR, path="/rules")
    line = page.locator("#threshold-egfr_low")
    tab_to(page, line.locator("summary"), MOST_STOPS)
    page.keyboard.press("Enter")
    form = line.locator("form[method=post]")
    tab_to(page, form.locator("[name=value]"))
    page.keyboard.press("Control+a")
    page.keyboard.type("35")
    tab_to(page, form.get_by_label("Why"))
    page.keyboard.type("Board of October")
    page.keyboard.press("Enter")
    expect(page.locator("#history")).to_contain_text("Board of October")
    with session_factory() as session:
        assert rulebook.thresholds(session).egfr_low == 35


def test_a_room_is_renamed_by_keys(open_as: OpenAs, session_factory: db.SessionFactory) -> None:
    page = open_as(UserRole.ADMINISTRATOR, path="/administration/room/CT01")
    tab_to(page, page.get_by_label("Name", exact=True))
    page.keyboard.press("Control+a")
    page.keyboard.type("CT of the tower")
    tab_to(page, page.get_by_role("button", name="Save"))
    page.keyboard.press("Enter")
    expect(page.locator(".notice").first).to_be_visible()
    with session_factory() as session:
        assert session.scalars(select(Resource.name)).all() == ["CT of the tower"]


def test_an_account_is_made_and_its_roles_changed_by_keys(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    page = open_as(UserRole.ADMINISTRATOR, path="/accounts")
    form = page.locator(".new-account")
    for label, text in {
        "Name to sign in with": "terry",
        "Person": "Terry Tech",
        "First password": "seven slow grey herons",
    }.items():
        tab_to(page, form.get_by_label(label))
        page.keyboard.type(text)
    tab_to(page, form.get_by_label("technologist"))
    page.keyboard.press("Space")
    tab_to(page, form.get_by_role("button", name="Create"))
    page.keyboard.press("Enter")
    line = page.get_by_role("row").filter(has_text="Terry Tech")
    expect(line).to_contain_text("technologist")
    tab_to(page, line.locator("summary"))
    page.keyboard.press("Enter")
    tab_to(page, line.get_by_label("manager"))
    page.keyboard.press("Space")
    tab_to(page, line.get_by_role("button", name="Save roles"))
    page.keyboard.press("Enter")
    expect(line).to_contain_text("technologist, manager")
    with session_factory() as session:
        account = session.scalars(select(User).where(User.username == "terry")).one()
        assert set(account.roles) == {UserRole.TECHNOLOGIST, UserRole.MANAGER}


def test_the_list_of_keys_opens_and_closes_by_keys(open_as: OpenAs) -> None:
    page = open_as(UserRole.MANAGER, path="/statistics")
    page.keyboard.press("?")
    keys = page.locator("#keys")
    expect(keys).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).not_to_be_visible()
