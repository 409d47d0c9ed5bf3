"""Reminders by telephone: whom no mail reaches, told once, as page, file and for programs."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support import web
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_site,
)
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Site
from worklist.mail.models import MailKind, MailState, PatientMail, Reminder
from worklist.mail.standing import Standing, counted
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.models import Patient
from worklist.scheduling import service as scheduling
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policies import service as policies
from worklist.scheduling.policies.queries import in_use
from worklist.vocabulary import PatientClass

TOMORROW = NOW + timedelta(days=1)
HOUR = timedelta(hours=1)
_PATIENTS: dict[str, dict[str, Any]] = {
    "None^Nora": {"phone": "+43 1 555", "language": "de"},
    "Mail^Mary": {"email": "mary@example.org"},
    "Quiet^Quinn": {"declines_reminders": True},
}


@pytest.fixture
def exams(session_factory: db.SessionFactory) -> dict[str, int]:
    """Tomorrow's exams: of who has no address, of who has one, and of who wants no reminders."""
    with db.transaction(session_factory) as session:
        room = make_room(session, make_site(session), "CT1")
        make_procedure(session, preparation="Eat nothing.")
        policies.change(session, {"remind_hours": 48}, reason="So be it.", actor=ACTOR, now=NOW)
        booked = {}
        for number, (name, fields) in enumerate(_PATIENTS.items()):
            patient = make_patient(session, name, **fields)
            exam = make_exam(session, patient=patient, patient_class=PatientClass.OUTPATIENT)
            scheduling.book(
                session,
                exam,
                room_id=room.id,
                starts_at=TOMORROW + number * HOUR,
                actor=ACTOR,
                now=NOW,
            )
            booked[name.partition("^")[0].lower()] = exam.id
        return booked


def remind_by_mail(sessions: db.SessionFactory, exam_id: int, state: MailState) -> None:
    with db.transaction(sessions) as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        assert exam.starts_at is not None
        session.add(
            PatientMail(
                exam_id=exam_id, kind=MailKind.REMINDER, address="mary@example.org", locale="en",
                subject="", content="", starts_at=exam.starts_at, requested_at=NOW,
                requested_by=ACTOR, next_attempt_at=NOW, state=state,
                error_text="550 no such mailbox" if state is MailState.FAILED else "",
                reminders=[Reminder(exam_id=exam_id, starts_at=exam.starts_at)],
            )
        )  # fmt: skip


@pytest.mark.usefixtures("exams")
def test_tomorrows_list_has_who_has_no_address_with_what_is_to_be_read_out(
    mailing_desk: FlaskClient,
) -> None:
    page = mailing_desk.get("/reminders").text
    assert "None, Nora" in page
    assert "+43 1 555" in page
    assert "Eat nothing." in page
    assert "no e-mail address" in page
    assert "Mail, Mary" not in page
    assert "Quiet, Quinn" not in page
    assert "None, Nora" not in mailing_desk.get("/reminders?day=2026-11-26").text


@pytest.mark.usefixtures("exams")
def test_without_a_mail_server_everybody_is_called_but_who_said_no(
    database: str, empty_redis: str, session_factory: db.SessionFactory
) -> None:
    client = web.make_client(database, empty_redis)
    web.make_user(session_factory, UserRole.FRONT_DESK)
    web.sign_in(client, "dana")
    page = client.get("/reminders").text
    web.close(client)
    assert "None, Nora" in page
    assert "Mail, Mary" in page
    assert "no reminders by e-mail" in page
    assert "Quiet, Quinn" not in page


@pytest.mark.parametrize(
    ("state", "listed"),
    [(MailState.WAITING, False), (MailState.SENT, False), (MailState.FAILED, True)],
)
def test_who_could_not_be_reached_by_mail_is_called(
    mailing_desk: FlaskClient,
    exams: dict[str, int],
    session_factory: db.SessionFactory,
    state: MailState,
    listed: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    remind_by_mail(session_factory, exams["mail"], state)
    page = mailing_desk.get("/reminders").text
    assert ("Mail, Mary" in page) is listed
    assert ("e-mail was not delivered: 550 no such mailbox" in page) is listed


def test_who_was_told_is_off_the_list_until_the_appointment_moves(
    mailing_desk: FlaskClient, exams: dict[str, int], session_factory: db.SessionFactory
) -> None:
    exam_id = exams["none"]
    told = f"/reminders/{exam_id}/told"
    assert web.submit(mailing_desk, told, "/reminders").status_code == 303
    assert "None, Nora" not in mailing_desk.get("/reminders").text
    page = mailing_desk.get(f"/exams/{exam_id}").text
    assert "Reminded by telephone" in page
    assert "The patient was reminded by telephone." in page
    again = web.submit(mailing_desk, told, "/reminders")
    assert again.status_code == 409
    assert "Somebody has told the patient already." in again.text
    with db.transaction(session_factory) as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        assert exam.room_id is not None
        scheduling.book(
            session,
            exam,
            room_id=exam.room_id,
            starts_at=TOMORROW + 4 * HOUR,
            actor=ACTOR,
            now=NOW,
        )
    assert "None, Nora" in mailing_desk.get("/reminders").text


@pytest.mark.usefixtures("exams")
def test_the_list_is_a_file_too(mailing_desk: FlaskClient) -> None:
    answer = mailing_desk.get("/reminders/list.csv?day=2026-11-25")
    assert 'filename="reminders-2026-11-25.csv"' in answer.headers["Content-Disposition"]
    heading, row = answer.text.lstrip("\ufeff").splitlines()
    assert heading == "Time,Patient,Born,Phone,Language,Exam,Room,Preparation,Why"
    assert row == (
        '2026-11-25T09:00:00+00:00,"None, Nora",1981-05-04,\'+43 1 555,de,Procedure 71250,CT1,'
        "Eat nothing.,no e-mail address"
    )


def test_a_patient_says_no_on_the_page_of_contacts(
    mailing_desk: FlaskClient, exams: dict[str, int], session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        patient_id = session.get_one(ScheduledProcedureStep, exams["none"]).patient_id
    contact = f"/patients/{patient_id}/contact"
    web.submit(mailing_desk, contact, contact, declines_reminders="yes", phone="1")
    with db.transaction(session_factory) as session:
        assert session.get_one(Patient, patient_id).declines_reminders
    assert "wants none" in mailing_desk.get(f"/patients/{patient_id}").text
    assert "None, Nora" not in mailing_desk.get("/reminders").text
    web.submit(mailing_desk, contact, contact, phone="1")
    assert "None, Nora" in mailing_desk.get("/reminders").text


def test_a_patients_page_shows_the_reminders_that_were_sent(
    mailing_desk: FlaskClient, exams: dict[str, int], session_factory: db.SessionFactory
) -> None:
    remind_by_mail(session_factory, exams["mail"], MailState.SENT)
    with db.transaction(session_factory) as session:
        patient_id = session.get_one(ScheduledProcedureStep, exams["mail"]).patient_id
    for page in (f"/patients/{patient_id}", f"/exams/{exams['mail']}"):
        assert "Reminder by e-mail" in mailing_desk.get(page).text


def test_the_day_is_counted_by_how_patients_are_reminded_or_why_not(
    mailing_desk: FlaskClient, session_factory: db.SessionFactory, exams: dict[str, int]
) -> None:
    told = "1 e-mail due later · 1 without an e-mail address · 1 wants no reminders"
    assert f"Of 3 appointments: {told}</p>" in mailing_desk.get("/reminders").text
    remind_by_mail(session_factory, exams["mail"], MailState.SENT)
    web.submit(mailing_desk, f"/reminders/{exams['none']}/told", "/reminders")
    told = "1 told by telephone · 1 reminded by e-mail · 1 wants no reminders"
    assert f"Of 3 appointments: {told}</p>" in mailing_desk.get("/reminders").text


def test_whoever_is_in_the_house_or_books_too_late_is_counted_as_such(
    session_factory: db.SessionFactory, exams: dict[str, int]
) -> None:
    with db.transaction(session_factory) as session:
        in_house = session.get_one(ScheduledProcedureStep, exams["none"])
        in_house.requested_procedure.order.patient_class = PatientClass.INPATIENT
        site_id = session.scalars(select(Site.id)).one()
        day = Interval(TOMORROW - 9 * HOUR, TOMORROW + 15 * HOUR)
        found = counted(session, site_id, day, in_use(session), by_mail=True, now=TOMORROW - HOUR)
        assert found == {
            Standing.TOO_LATE: 1,
            Standing.DECLINED: 1,
            Standing.IN_THE_HOUSE: 1,
        }
        off = counted(session, site_id, day, in_use(session), by_mail=False, now=NOW)
        assert off[Standing.NOT_BY_MAIL] == 1
