"""A clerk on the phone: from the name to the slot by keys, and a fact on the patient's page."""

from datetime import date

import pytest
from playwright.sync_api import Route, expect

from tests.support.browser import Hand, OpenAs
from tests.support.department import make_patient, make_procedure, make_room, make_site
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus


@pytest.fixture
def patient_id(session_factory: db.SessionFactory) -> int:
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT01")
        make_procedure(session, name="CT chest", synonyms=["thorax"])
        return make_patient(session, "DOE^JANE", sex="F", birth_date=date(1950, 2, 3)).id


@pytest.mark.usefixtures("patient_id")
def test_an_exam_is_booked_by_keys(open_as: OpenAs, session_factory: db.SessionFactory) -> None:
    page = open_as(UserRole.FRONT_DESK, path="/orders")
    page.keyboard.press("n")
    expect(page.get_by_label("Who is it?")).to_be_focused()
    page.keyboard.type("doe ja")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="DOE, JANE")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Which exam?")).to_be_focused()
    page.keyboard.type("thorax")
    expect(page.get_by_role("link", name="CT chest")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="CT chest")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Reason").fill("Cough")
    page.get_by_label("Comes as").select_option("Inpatient")
    page.get_by_label("Part of the day").select_option("afternoon")
    expect(page.locator("#slots .slot").first).to_contain_text("12:00")
    assert page.get_by_label("Reason").input_value() == "Cough"
    page.locator("#slots .slot").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("Booked: CT01, 12:00.")
    with session_factory() as session:
        exam = session.query(ScheduledProcedureStep).one()
        assert exam.status is StepStatus.SCHEDULED
        assert exam.order.reason == "Cough"
    page.get_by_role("link", name="Appointment slip").click()
    expect(page.get_by_role("heading", name="Your appointment")).to_be_visible()


def test_a_dropped_connection_loses_nothing_and_orders_once(
    open_as: OpenAs, hand: Hand, session_factory: db.SessionFactory, patient_id: int
) -> None:
    page = open_as(UserRole.FRONT_DESK, path=f"/orders/new?patient={patient_id}&procedure=71250")
    hand.fill(page.get_by_label("Reason"), "Cough")

    def lose_the_answer(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    page.route("**/orders/new", lose_the_answer, times=1)
    hand.press(page.locator("#slots .slot").first)
    expect(page.locator("#answer")).to_contain_text("There was no answer from the server.")
    assert page.get_by_label("Reason").input_value() == "Cough"
    hand.press(page.locator("#slots .slot").first)
    expect(page.locator("#answer")).to_contain_text("This was ordered already a moment ago")
    with session_factory() as session:
        assert session.query(ScheduledProcedureStep).count() == 1


def test_slots_wait_for_the_last_of_quick_changes(open_as: OpenAs, patient_id: int) -> None:
    page = open_as(UserRole.FRONT_DESK, path=f"/orders/new?patient={patient_id}&procedure=71250")
    asked: list[Route] = []

    def keep_waiting(route: Route) -> None:
        asked.append(route)

    page.route("**/orders/new/slots", keep_waiting)
    slot = page.locator("#slots .slot").first
    for name, choice in (("Comes as", "Inpatient"), ("Side", "left")):
        page.get_by_label(name).select_option(choice)
        expect(slot).to_be_disabled()
    page.get_by_label("Part of the day").select_option("afternoon")
    expect(slot).to_be_disabled()
    asked[-1].continue_()
    expect(slot).to_contain_text("12:00")
    expect(slot).to_be_enabled()


def test_the_language_is_noted_on_the_way_and_nothing_typed_is_lost(
    open_as: OpenAs, hand: Hand, patient_id: int
) -> None:
    page = open_as(UserRole.FRONT_DESK, path=f"/orders/new?patient={patient_id}&procedure=71250")
    hand.fill(page.get_by_label("Reason"), "Cough")
    hand.press(page.get_by_role("link", name="Contact and language"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Language").select_option("Turkish")
    hand.press(dialog.get_by_role("button", name="Save"))
    expect(page.locator("#who")).to_contain_text("Speaks Turkish")
    expect(dialog).not_to_be_visible()
    expect(page.get_by_label("Reason")).to_have_value("Cough")


def test_a_fact_is_added_in_the_dialog(open_as: OpenAs, patient_id: int) -> None:
    page = open_as(UserRole.FRONT_DESK, path=f"/patients/{patient_id}")
    page.get_by_label("Add").select_option("Weight")
    page.get_by_role("button", name="Add").click()
    page.get_by_label("Weight, kg").fill("71,5")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Known facts")).to_contain_text("Weight 71.5 kg")
    expect(page.locator("#dialog")).not_to_be_visible()
