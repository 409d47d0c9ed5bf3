"""A scanner's page in a browser: how it is served, and why an exam is not on its list."""

from playwright.sync_api import expect

from tests.support.browser import OpenAs
from tests.support.department import NOW, make_scanner
from tests.support.dicom import schedule
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders.status import StepStatus


def test_a_profile_is_changed_and_an_exam_explained(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        accession = schedule(session, room, NOW, status=StepStatus.STARTED).order.accession_number
    page = open_as(UserRole.ADMINISTRATOR, path="/stations")
    page.get_by_role("link", name="CT01").click()

    page.get_by_label("Accession number").fill(accession)
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("is not on the list of CT01")).to_be_visible()

    page.get_by_label("Left out, one keyword a line").fill("PatientWieght")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#answer")).to_contain_text("did you mean PatientWeight?")
    page.get_by_label("Left out, one keyword a line").fill("PatientWeight")
    page.get_by_label("An exam leaves the list").select_option("at_end")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("CT01 is served so from its next query on.")).to_be_visible()
    expect(page.get_by_label("Left out, one keyword a line")).to_have_value("PatientWeight")

    page.get_by_label("Accession number").fill(accession)
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("is on the list of CT01")).to_be_visible()
