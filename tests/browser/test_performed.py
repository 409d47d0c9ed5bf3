"""The queue of performed steps without an exam, live."""

from playwright.sync_api import expect

from tests.support.browser import Hand, OpenAs
from tests.support.department import (
    NOW,
    make_patient,
    make_scanner,
)
from tests.support.dicom import schedule
from tests.support.performed import make_report
from worklist import db
from worklist.auth.roles import UserRole
from worklist.performing import performed
from worklist.performing.reports import ScheduledLink


def begin(factory: db.SessionFactory, number: int) -> None:
    with db.transaction(factory) as session:
        report = make_report(
            performed_procedure_step_id=f"PPS{number}",
            links=(ScheduledLink(study_instance_uid=f"2.25.9{number}"),),
        )
        performed.create(session, report, actor="station:CT01", now=NOW)


def test_steps_are_linked_and_rejected_as_they_come(
    open_as: OpenAs, hand: Hand, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        exam = schedule(session, room, NOW, patient=make_patient(session, "Roe^Richard"))
        accession = exam.order.accession_number
    begin(session_factory, 1)
    page = open_as(UserRole.TECHNOLOGIST, path="/rooms")
    hand.press(page.get_by_role("link", name="1 performed step is of no exam"))
    step = page.get_by_label("Step PPS1 of CT01")
    expect(step).to_contain_text("same modality, same station, within a day")
    begin(session_factory, 2)
    other = page.get_by_label("Step PPS2 of CT01")
    expect(other).to_be_visible()
    hand.press(step.get_by_role("button", name=f"Link to {accession}"))
    expect(page.locator("#answer")).to_have_text(f"Linked to {accession}.")
    expect(step).to_have_count(0)
    hand.press(other.get_by_text("Reject").first)
    hand.fill(other.get_by_label("Why is it of no exam?"), "Phantom")
    hand.press(other.get_by_role("button", name="Reject"))
    expect(page.get_by_text("No performed step waits")).to_be_visible()
    expect(page.locator("#performed-queue")).to_contain_text("Phantom")
