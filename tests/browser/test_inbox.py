"""The order inbox in a browser: place an order by keys, and see it go."""

from playwright.sync_api import expect

from tests.support.browser import OpenAs
from tests.support.department import (
    make_exam,
    make_patient,
    make_scanner,
)
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus


def test_an_order_is_placed_by_keys_and_leaves_the_inbox(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_scanner(session)
        exam = make_exam(session, patient=make_patient(session, "DOE^JANE"))
    page = open_as(UserRole.FRONT_DESK, path="/orders")
    expect(page.locator("[data-live]")).to_have_text("live")
    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(page.locator("#dialog .slot").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("Booked: CT01")
    expect(page.locator("#inbox")).to_contain_text("Every order has its slot.")
    with session_factory() as session:
        placed = session.get_one(ScheduledProcedureStep, exam.id)
        assert placed.status is StepStatus.SCHEDULED
