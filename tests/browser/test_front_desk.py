"""The front desk's flows, each by mouse alone and by keys alone."""

from datetime import date, time, timedelta

import pytest
from playwright.sync_api import expect

from tests.support.browser import Hand, OpenAs
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_site,
)
from tests.support.dicom import schedule
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients.models import Patient
from worklist.scheduling import closing, placement
from worklist.scheduling import service as scheduling
from worklist.scheduling.intervals import Interval
from worklist.scheduling.waiting import service as waiting
from worklist.vocabulary import PatientClass, Priority

BORN = date(1950, 2, 3)
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def room_id(session_factory: db.SessionFactory) -> int:
    """CT01, with CT02 beside it, and two plain exams of the chest and the abdomen."""
    with db.transaction(session_factory) as session:
        site = make_site(session)
        room = make_room(session, site, "CT01", opens=time(8), closes=time(17))
        make_room(session, site, "CT02", opens=time(8), closes=time(17))
        make_procedure(session, name="CT chest")
        make_procedure(session, "74150", name="CT abdomen", body_part="ABDOMEN")
        return room.id


@pytest.mark.usefixtures("room_id")
def test_a_new_patient_gets_a_visit_of_two_exams(
    open_as: OpenAs, hand: Hand, session_factory: db.SessionFactory
) -> None:
    """Somebody alike is shown before another record is made."""
    with db.transaction(session_factory) as session:
        make_patient(session, "DOE^JANET", birth_date=BORN)
    page = open_as(UserRole.FRONT_DESK, path="/orders/new")
    hand.fill(page.get_by_label("Who is it?"), "Smith")
    hand.press(page.get_by_role("button", name="Search"))
    hand.press(page.get_by_role("button", name="New patient"))
    page.get_by_label("Family name").fill("")
    hand.fill(page.get_by_label("Family name"), "Doe")
    hand.fill(page.get_by_label("Given names"), "Jane")
    hand.fill(page.get_by_label("Birth date"), "1950-02-03")
    page.get_by_label("Language").select_option("Turkish")
    hand.press(page.get_by_role("button", name="Register"))
    expect(page.get_by_role("alert")).to_contain_text("DOE, JANET")
    hand.press(page.get_by_role("button", name="None of these: register"))
    hand.fill(page.get_by_label("Which exam?"), "chest")
    hand.press(page.get_by_role("link", name="CT chest"))
    hand.press(page.get_by_role("link", name="Add an exam to the same visit"))
    hand.fill(page.get_by_label("Which exam?"), "abdomen")
    hand.press(page.get_by_role("link", name="CT abdomen"))
    hand.fill(page.get_by_label("Reason for the exam"), "Staging")
    hand.press(page.locator("#slots .slot").first)
    expect(page.locator("#answer")).to_contain_text("Booked: ")
    with session_factory() as session:
        exams = session.query(ScheduledProcedureStep).all()
        assert [one.status for one in exams] == [StepStatus.SCHEDULED] * 2
        assert {one.patient.language for one in exams} == {"tr"}
        assert session.query(Patient).count() == 2


def test_a_screened_patient_is_checked_in_and_a_missing_one_is_no_show(
    open_as: OpenAs, hand: Hand, session_factory: db.SessionFactory, room_id: int
) -> None:
    with db.transaction(session_factory) as session:
        room = session.get_one(Room, room_id)
        make_procedure(session, "72192", name="CT pelvis", irradiates_pelvis=True)
        jane = make_patient(session, "DOE^JANE", sex="F", birth_date=date(1996, 2, 3))
        missing = schedule(session, room, NOW - timedelta(minutes=20)).id
        asked = schedule(
            session, room, NOW + timedelta(minutes=5), patient=jane, procedure="72192"
        ).id
    page = open_as(UserRole.FRONT_DESK, path="/arrivals")
    row = page.locator(f"#arrival-{missing}")
    expect(row).to_contain_text("missing 20 min")
    hand.press(row.get_by_text("Did not come …"))
    hand.fill(row.get_by_label("Why"), "Forgot it")
    hand.press(row.get_by_role("button", name="Did not come"))
    expect(row).to_have_count(0)
    hand.press(page.locator(f"#arrival-{asked}").get_by_role("link", name="Check in"))
    expect(page.get_by_role("dialog")).to_contain_text("not filled yet")
    hand.press(page.get_by_role("dialog").get_by_role("listitem").get_by_role("link"))
    expect(page.get_by_role("heading", name="Pregnancy")).to_be_visible()
    for answer in page.get_by_role("radio", name="no", exact=True).all():
        hand.tick(answer)
    hand.press(page.get_by_role("button", name="Keep"))
    expect(page.locator("#facts")).to_contain_text("regnan")
    page.goto(page.url.partition("/exams")[0] + "/arrivals")
    hand.press(page.locator(f"#arrival-{asked}").get_by_role("link", name="Check in"))
    hand.tick(page.get_by_label("Both agree"))
    hand.press(page.get_by_role("dialog").get_by_role("button", name="Check in"))
    expect(page.get_by_label("Here")).to_contain_text("DOE, JANE")
    with session_factory() as session:
        gone = session.get_one(ScheduledProcedureStep, missing)
        assert (gone.status, gone.status_reason) == (StepStatus.NO_SHOW, "Forgot it")


@pytest.mark.usefixtures("room_id")
def test_a_held_order_is_answered_in_the_inbox_and_cancelled(
    open_as: OpenAs, hand: Hand, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session, "74018", irradiates_pelvis=True)
        jane = make_patient(session, "DOE^JANE", sex="F", birth_date=date(1996, 2, 3))
        exam = make_exam(session, patient=jane, procedure="74018")
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        for hold in exam.holds:
            hold.role = "front_desk"
        exam_id = exam.id
    page = open_as(UserRole.FRONT_DESK, path="/orders?tab=held")
    hand.press(page.locator(f"#order-{exam_id}").get_by_role("link", name="Answer"))
    dialog = page.get_by_role("dialog")
    hand.press(dialog.get_by_text("Approve without an answer").first)
    hand.fill(dialog.get_by_label("Why the exam goes on").first, "Asked on the phone")
    hand.press(dialog.get_by_role("button", name="Approve").first)
    expect(dialog).not_to_be_visible()
    page.goto(page.url.partition("/orders")[0] + f"/exams/{exam_id}")
    expect(page.locator("#story")).to_contain_text("Asked on the phone")
    hand.press(page.get_by_text("Cancel …"))
    hand.fill(page.locator("details[open]").get_by_label("Why"), "recovered")
    hand.press(page.get_by_role("button", name="Cancel", exact=True))
    expect(page.locator(".head .status")).to_have_text("Cancelled")


def test_an_offer_is_accepted_and_a_plan_tells_whom_to_call(
    open_as: OpenAs, hand: Hand, session_factory: db.SessionFactory, room_id: int
) -> None:
    with db.transaction(session_factory) as session:
        first, second = (
            make_exam(
                session,
                patient=make_patient(session, name, phone="555 0100"),
                priority=Priority.ROUTINE,
                patient_class=PatientClass.OUTPATIENT,
            )
            for name in ("DOE^JANE", "POE^ANN")
        )
        for hours, exam in ((1, first), (4, second)):
            scheduling.book(
                session, exam, room_id=room_id, starts_at=TOMORROW + timedelta(hours=hours),
                actor=ACTOR, now=NOW,
            )  # fmt: skip
        waiting.enrol(session, second, note="Any time", actor=ACTOR, now=NOW)
        scheduling.cancel_exam(session, first, actor=ACTOR, now=NOW, reason="Well")
        waiting.offer_freed_slots(session, actor=ACTOR, now=NOW)
        waits = second.id
    page = open_as(UserRole.FRONT_DESK, path="/waiting")
    hand.press(page.get_by_role("button", name="Takes it"))
    expect(page.get_by_text("No slot is offered to anybody now.")).to_be_visible()
    with db.transaction(session_factory) as session:
        assert session.get_one(ScheduledProcedureStep, waits).starts_at == TOMORROW + timedelta(
            hours=1
        )
        closed = Interval(TOMORROW - timedelta(hours=1), TOMORROW + timedelta(hours=3))
        for room in session.query(Room):
            closing.close(session, room.id, closed, "Power cut", actor=ACTOR, now=NOW)
    page.goto(page.url.replace("/waiting", "/replan"))
    hand.fill(page.get_by_label("Reason"), "Power cut")
    hand.press(page.get_by_role("button", name="Look for a better plan"))
    expect(page.locator("main")).to_contain_text("1 patient to call")
    expect(page.locator("main")).to_contain_text("555 0100")
    hand.press(page.get_by_role("button", name="Move the exam"))
    expect(page.get_by_text("Applied")).to_be_visible()


@pytest.mark.usefixtures("room_id")
def test_two_records_of_a_person_are_merged_and_parted_again(
    open_as: OpenAs, hand: Hand, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        kept = make_patient(session, "DOE^JANE", birth_date=BORN).id
        other = make_patient(session, "DOE^JANET", birth_date=BORN)
        make_exam(session, patient=other)
    page = open_as(UserRole.FRONT_DESK, path=f"/patients/{kept}")
    hand.press(page.get_by_role("link", name="Same person twice?"))
    hand.press(page.get_by_text("Merge …"))
    hand.press(page.get_by_role("button", name="Merge into this record"))
    expect(page.get_by_label("Orders and exams")).to_contain_text("CT chest")
    hand.press(page.get_by_text("Undo", exact=True))
    hand.press(page.get_by_role("button", name="Undo the merge"))
    expect(page.get_by_label("Orders and exams")).to_contain_text("Nothing was ordered yet.")
