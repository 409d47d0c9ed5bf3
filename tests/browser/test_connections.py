"""The connections in a browser: from a scanner to the reason why an exam is not on its list."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.department import make_exam, make_procedure, make_room, make_site
from worklist import db
from worklist.auth.roles import UserRole


def test_a_scanners_list_is_explained(
    open_as: Callable[..., Page], session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT01")
        make_procedure(session)
        accession = make_exam(session).order.accession_number
    page = open_as(UserRole.ADMINISTRATOR, path="/connections")
    page.get_by_role("link", name="CT01").click()
    page.get_by_label("Why (not) on its list?").fill(accession)
    page.get_by_role("button", name="Explain").click()
    expect(page.locator(".late").first).to_be_visible()
    expect(page.get_by_text("has no slot yet")).to_be_visible()
