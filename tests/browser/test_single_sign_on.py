"""Signing in through an identity provider that is not ours, in a browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from tests.support import browser, identity_provider, web
from tests.support.department import NOW
from tests.support.ports import free_port
from worklist import db
from worklist.audit.models import AuditEvent
from worklist.auth import service as auth
from worklist.auth.models import User, UserIdentity
from worklist.auth.roles import UserRole


@pytest.fixture
def provider_port() -> int:
    return free_port()


@pytest.fixture
def door(database: str, empty_redis: str, provider_port: int) -> Iterator[str]:
    """Where people sign in; the provider is not running yet."""
    settings = web.settings_for(
        database,
        empty_redis,
        OIDC_ISSUER=f"http://127.0.0.1:{provider_port}",
        OIDC_CLIENT_ID="worklist",
        OIDC_CLIENT_SECRET=identity_provider.CLIENT_SECRET,
        OIDC_LABEL="St. Anna",
        OIDC_ROLES=identity_provider.ROLES,
    )
    with browser.serve(settings) as served:
        yield served


@pytest.fixture
def provider(door: str, provider_port: int) -> Iterator[str]:
    """The provider's address, running."""
    with identity_provider.running(provider_port, door):
        yield f"http://127.0.0.1:{provider_port}"


@pytest.fixture(autouse=True)
def _nowhere_else(page: Page) -> None:
    """The provider's pages ask for a font of the internet: nothing may leave the machine."""

    page.route("**/*", _stay)


def _stay(route: Route) -> None:
    if re.match(r"http://127\.0\.0\.1[:/]", route.request.url):
        route.continue_()
    else:
        route.abort()


def _tell_who(page: Page, subject: str) -> None:
    """Fill in the provider's own forms: who it is, and that it may tell us."""
    _tell_who_again(page, subject)
    page.get_by_role("button", name="Continue").click()


def _tell_who_again(page: Page, subject: str) -> None:
    """Fill in who it is: what may be told us the provider knows by then."""
    page.get_by_placeholder("Enter any login").fill(subject)
    page.get_by_placeholder("and password").fill("whatever")
    page.get_by_role("button", name="Sign-in").click()


def _sign_in(page: Page, door: str, subject: str, path: str = "/search") -> None:
    page.goto(f"{door}{path}")
    page.get_by_role("link", name="Sign in with St. Anna").click()
    _tell_who(page, subject)


@pytest.mark.usefixtures("provider")
def test_a_person_of_the_provider_gets_an_account_with_the_roles_of_the_groups(
    page: Page, door: str, session_factory: db.SessionFactory
) -> None:
    _sign_in(page, door, "4711")
    expect(page.get_by_role("heading", name="Search")).to_be_visible()
    with session_factory() as session:
        user = session.scalars(select(User)).one()
        assert (user.username, user.display_name) == ("dana", "Dana Desk")
        assert user.roles == [UserRole.FRONT_DESK]
        assert user.password_hash is None
        identity = session.scalars(select(UserIdentity)).one()
        assert identity.subject == "4711"
        actions = list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))
        assert actions == ["user.created", "user.signed_in"]


@pytest.mark.usefixtures("provider")
def test_signing_out_ends_the_session_at_the_provider_too(page: Page, door: str) -> None:
    _sign_in(page, door, "4711")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="Yes, sign me out").click()
    page.wait_for_url(lambda url: url.startswith(f"{door}/sign-in"))
    page.get_by_role("link", name="Sign in with St. Anna").click()
    expect(page.get_by_placeholder("Enter any login")).to_be_visible()


@pytest.mark.usefixtures("provider")
def test_after_a_session_that_ended_by_itself_the_provider_asks_again(
    page: Page, door: str, session_factory: db.SessionFactory
) -> None:
    _sign_in(page, door, "4711")
    with db.transaction(session_factory) as session:
        user = session.scalars(select(User)).one()
        auth.set_active(session, user, active=False, actor="system:test", now=NOW)
        auth.set_active(session, user, active=True, actor="system:test", now=NOW)
    page.goto(f"{door}/search")
    page.get_by_role("link", name="Sign in with St. Anna").click()
    expect(page.get_by_placeholder("Enter any login")).to_be_visible()


@pytest.mark.usefixtures("provider")
def test_a_person_without_a_role_here_gets_no_account(
    page: Page, door: str, session_factory: db.SessionFactory
) -> None:
    _sign_in(page, door, "4713")
    expect(page.get_by_role("alert")).to_contain_text("petra has no role in this department: ask")
    with session_factory() as session:
        assert session.scalar(select(User.id)) is None


@pytest.mark.usefixtures("provider")
def test_an_account_of_the_same_name_is_connected_by_its_owner_alone(
    page: Page, door: str, session_factory: db.SessionFactory
) -> None:
    web.make_user(session_factory, UserRole.MANAGER, username="theo")
    _sign_in(page, door, "4712")
    expect(page.get_by_role("alert")).to_contain_text("Another account here has the name")
    page.context.clear_cookies()
    browser.sign_in(page, door, "theo")
    page.goto(f"{door}/accounts/own")
    page.get_by_role("button", name="Connect", exact=True).click()
    _tell_who(page, "4712")
    expect(page.get_by_text("theo of St. Anna opens this account now.")).to_be_visible()
    page.goto("about:blank")  # an open page would hear that its session is over, and go
    page.context.clear_cookies()
    _sign_in(page, door, "4712")
    expect(page.get_by_role("heading", name="Search")).to_be_visible()
    with session_factory() as session:
        assert session.scalars(select(User)).one().roles == [UserRole.TECHNOLOGIST]
    page.goto(f"{door}/accounts/own")
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("Not connected")).to_be_visible()


def test_a_provider_that_does_not_answer_is_told(page: Page, door: str) -> None:
    page.goto(f"{door}/sign-in")
    page.get_by_role("link", name="Sign in with St. Anna").click()
    expect(page.get_by_role("alert")).to_contain_text("St. Anna cannot sign you in just now.")


@pytest.mark.usefixtures("provider")
def test_a_forged_answer_opens_nothing(page: Page, door: str) -> None:
    page.goto(f"{door}/sign-in/provider/return?code=abc&state=made-up")
    expect(page.get_by_role("alert")).to_contain_text("St. Anna did not sign you in")


@pytest.mark.usefixtures("provider")
def test_a_form_sent_too_late_comes_back_from_the_provider(
    page: Page, door: str, session_factory: db.SessionFactory
) -> None:
    """Without scripts: with them the page covers itself and keeps its form."""
    chromium = page.context.browser
    assert chromium is not None
    with chromium.new_context(java_script_enabled=False) as context:
        plain = context.new_page()
        plain.route("**/*", _stay)
        _sign_in(plain, door, "4711")
        plain.goto(f"{door}/search")
        with db.transaction(session_factory) as session:
            session.scalars(select(User)).one().session_epoch += 1
        plain.locator("#find").fill("Müller & <b>")
        plain.keyboard.press("Enter")
        expect(plain.get_by_role("alert")).to_contain_text("what you typed is kept")
        plain.get_by_role("button", name="Sign in with St. Anna").click()
        _tell_who_again(plain, "4711")
        expect(plain.get_by_role("heading", name="Not sent yet")).to_be_visible()
        plain.get_by_role("button", name="Send it now").click()
        expect(plain.locator("main")).to_contain_text("Nothing fits “Müller & <b>”.")
