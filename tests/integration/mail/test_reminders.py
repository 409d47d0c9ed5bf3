"""Reminders: who gets one and when, once, and never of what is not so any more."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.integration.mail.test_slips import settings_for
from tests.support import mail_server
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
from worklist.audit.models import AuditEvent
from worklist.catalogue.models import Room
from worklist.mail import delivery, queries, reminding
from worklist.mail.models import MailKind, MailState, PatientMail, Reminder
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients import service as patients
from worklist.patients.details import PatientDetails
from worklist.patients.models import Patient
from worklist.scheduling import service as scheduling
from worklist.scheduling.policies import service as policies
from worklist.scheduling.policies.queries import in_use
from worklist.vocabulary import PatientClass

FASTING = "Essen Sie vier Stunden nichts."
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TOMORROW = NOW + DAY


@pytest.fixture
def department(session_factory: db.SessionFactory) -> db.SessionFactory:
    """Two CTs in Vienna, and reminders two days before."""
    with db.transaction(session_factory) as session:
        site = make_site(session, time_zone="Europe/Vienna")
        make_room(session, site, "CT1")
        make_room(session, site, "CT2")
        fasting: dict[str, Any] = {
            "preparation": "Do not eat.",
            "preparation_translations": {"de": FASTING},
        }
        make_procedure(session, **fasting)
        make_procedure(session, "70450", body_part="HEAD", **fasting)
        policies.change(
            session, {"remind_hours": 48}, reason="Fewer no-shows.", actor=ACTOR, now=NOW
        )
    return session_factory


def book(
    sessions: db.SessionFactory,
    starts_at: datetime,
    *,
    patient_id: int | None = None,
    patient_class: PatientClass = PatientClass.OUTPATIENT,
    email: str = "richard@example.org",
    declines: bool = False,
) -> ScheduledProcedureStep:
    """Book a CT of the chest for a new patient who speaks German, of the head for a given one."""
    with db.transaction(sessions) as session:
        patient = (
            session.get_one(Patient, patient_id)
            if patient_id
            else make_patient(session, language="de", email=email, declines_reminders=declines)
        )
        exam = make_exam(
            session,
            patient=patient,
            procedure="70450" if patient_id else "71250",
            patient_class=patient_class,
        )
        room = session.scalars(select(Room.id).order_by(Room.id).limit(1)).one()
        scheduling.book(session, exam, room_id=room, starts_at=starts_at, actor=ACTOR, now=NOW)
        return exam


def write(sessions: db.SessionFactory, now: datetime = NOW) -> int:
    return reminding.write_due(sessions, locale="en", now=now)


def send(sessions: db.SessionFactory, now: datetime = NOW) -> list[str]:
    """Hand what is due to a mail server and return the texts that it got."""
    with mail_server.serve() as server:
        delivery.deliver(sessions, settings_for(server.port), clock=lambda: now)
    return [one.get_content() for one in server.messages]


def states(sessions: db.SessionFactory) -> list[MailState]:
    with db.transaction(sessions) as session:
        return list(session.scalars(select(PatientMail.state).order_by(PatientMail.id)))


def test_a_reminder_tells_when_where_and_how_to_prepare_in_the_patients_language(
    department: db.SessionFactory,
) -> None:
    exam = book(department, TOMORROW)
    assert write(department) == 1
    with mail_server.serve() as server:
        delivery.deliver(department, settings_for(server.port), clock=lambda: NOW)
    [message] = server.messages
    assert message["To"] == "richard@example.org"
    assert message["Subject"] == "Erinnerung: Ihr Termin am Mi. 25.11.2026, MAIN hospital"
    text = message.get_content()
    assert "Bitte kommen Sie: Mi. 25.11.2026, 10:00" in text  # nine o'clock UTC in Vienna
    assert FASTING in text
    with db.transaction(department) as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "exam.reminded"))
        assert [(one.exam_id, one.actor) for one in event] == [(exam.id, "system:reminders")]
        [mail] = queries.of_exam(session, exam.id)
        assert (mail.kind, mail.state) == (MailKind.REMINDER, MailState.SENT)
        assert [one.id for one in queries.reminders_of_patient(session, exam.patient_id)] == [
            mail.id
        ]


def test_nobody_is_reminded_where_the_department_has_not_said_when(
    department: db.SessionFactory,
) -> None:
    book(department, TOMORROW)
    with db.transaction(department) as session:
        policies.change(session, {"remind_hours": None}, reason="Off.", actor=ACTOR, now=NOW)
    assert write(department) == 0


@pytest.mark.parametrize(
    ("ahead", "written"),
    [(48 * HOUR, 1), (48 * HOUR + timedelta(minutes=5), 0), (2 * HOUR, 0), (3 * HOUR, 1)],
)
def test_a_reminder_is_due_from_two_days_before_to_two_hours_before(
    department: db.SessionFactory, ahead: timedelta, written: int
) -> None:
    book(department, NOW + ahead)
    assert write(department) == written


def test_who_has_no_address_said_no_or_is_in_the_house_gets_none(
    department: db.SessionFactory,
) -> None:
    book(department, TOMORROW, email="")
    book(department, TOMORROW + HOUR, declines=True)
    book(department, TOMORROW + 2 * HOUR, patient_class=PatientClass.INPATIENT)
    assert write(department) == 0


def test_nobody_is_reminded_twice(department: db.SessionFactory) -> None:
    book(department, TOMORROW)
    assert write(department) == 1
    assert write(department) == 0
    assert len(send(department)) == 1
    assert write(department, NOW + HOUR) == 0
    assert send(department, NOW + HOUR) == []


def test_a_week_and_a_day_before_are_two_reminders(department: db.SessionFactory) -> None:
    remind(department, [24, 168])
    exam = book(department, NOW + 10 * DAY)
    sent = []
    for hours in range(0, 240, 6):
        write(department, NOW + hours * HOUR)
        sent += [hours] * len(send(department, NOW + hours * HOUR))
    assert sent == [240 - 168, 240 - 24]
    with db.transaction(department) as session:
        leads = select(Reminder.lead_hours).where(Reminder.exam_id == exam.id).order_by(Reminder.id)
        assert session.scalars(leads).all() == [168, 24]


def test_who_books_between_two_reminders_has_the_missed_one_at_once_and_a_day_of_peace(
    department: db.SessionFactory,
) -> None:
    remind(department, [168, 48])
    book(department, NOW + 50 * HOUR)
    hours = [0, 2, 23, 25, 40]
    assert [write(department, NOW + one * HOUR) for one in hours] == [1, 0, 0, 1, 0]


def test_who_was_told_by_telephone_gets_no_later_mail(department: db.SessionFactory) -> None:
    remind(department, [168, 24])
    exam = book(department, NOW + 6 * DAY)
    assert write(department) == 1
    with db.transaction(department) as session:
        called = session.get_one(ScheduledProcedureStep, exam.id)
        reminding.note_told(session, called, actor=ACTOR, now=NOW + DAY)
    assert write(department, NOW + 5 * DAY + HOUR) == 0


def remind(sessions: db.SessionFactory, hours: list[int]) -> None:
    with db.transaction(sessions) as session:
        policies.change(session, {"remind_hours": hours}, reason="Often.", actor=ACTOR, now=NOW)


def test_all_exams_of_a_day_are_in_one_mail_also_those_that_are_not_due_yet(
    department: db.SessionFactory,
) -> None:
    first = book(department, NOW + 48 * HOUR)
    book(department, NOW + 49 * HOUR, patient_id=first.patient_id)
    assert write(department) == 1
    [text] = send(department)
    assert "Do. 26.11.2026, 10:00" in text
    assert "Do. 26.11.2026, 11:00" in text
    assert text.count(FASTING) == 1
    assert write(department, NOW + 2 * HOUR) == 0


def test_an_appointment_that_moves_is_told_anew_and_its_old_time_never(
    department: db.SessionFactory,
) -> None:
    exam = book(department, TOMORROW)
    write(department)
    move(department, exam.id, TOMORROW + 2 * HOUR)
    assert send(department) == []
    assert states(department) == [MailState.WITHDRAWN]
    assert write(department) == 1
    [text] = send(department)
    assert "12:00" in text
    move(department, exam.id, TOMORROW + 4 * HOUR)
    assert write(department) == 1
    [text] = send(department)
    assert "14:00" in text


def test_a_cancelled_appointment_is_not_reminded_of(department: db.SessionFactory) -> None:
    exam = book(department, TOMORROW)
    other = book(department, TOMORROW + HOUR, patient_id=exam.patient_id)
    write(department)
    with db.transaction(department) as session:
        gone = session.get_one(ScheduledProcedureStep, exam.id)
        scheduling.cancel_exam(session, gone, reason="Well again.", actor=ACTOR, now=NOW)
    assert send(department) == []
    assert write(department) == 1
    [text] = send(department)
    assert "11:00" in text
    assert "10:00" not in text
    with db.transaction(department) as session:
        assert session.scalars(select(Reminder.exam_id)).all() == [other.id]


@pytest.mark.parametrize("change", [{"declines_reminders": True}, {"email": "new@example.org"}])
def test_who_says_no_or_has_another_address_meanwhile_does_not_get_what_waits(
    department: db.SessionFactory, change: dict[str, object]
) -> None:
    exam = book(department, TOMORROW)
    write(department)
    with db.transaction(department) as session:
        patient = patients.get(session, exam.patient_id, lock=True)
        details = PatientDetails(identifiers=(), **change)  # type: ignore[arg-type]
        patients.bring_up_to_date(session, patient, details, actor=ACTOR, now=NOW)
    assert send(department) == []
    assert write(department) == ("email" in change)


def test_a_mail_that_waited_too_long_tells_nobody_of_what_has_begun(
    department: db.SessionFactory,
) -> None:
    book(department, NOW + 3 * HOUR)
    write(department)
    assert send(department, NOW + 3 * HOUR) == []
    assert states(department) == [MailState.WITHDRAWN]


def test_what_a_worker_that_died_had_written_is_sent_once(department: db.SessionFactory) -> None:
    """The row is the truth: it was committed, or it is written anew."""
    book(department, TOMORROW)
    with db.transaction(department) as session:
        policy = in_use(session)
    with department() as session:
        patient_id = session.scalars(select(ScheduledProcedureStep.patient_id)).one()
        assert reminding.write_for(session, patient_id, policy, locale="en", now=NOW) == 1
        session.rollback()
    assert write(department) == 1
    assert len(send(department)) == 1


def test_two_workers_write_one_mail(department: db.SessionFactory) -> None:
    exam = book(department, TOMORROW)
    with db.transaction(department) as session:
        policy = in_use(session)
    with db.transaction(department) as session:
        reminding.write_for(session, exam.patient_id, policy, locale="en", now=NOW)
        assert write(department) == 0
    assert write(department) == 0
    assert len(states(department)) == 1


def move(sessions: db.SessionFactory, exam_id: int, starts_at: datetime) -> None:
    with db.transaction(sessions) as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        assert exam.room_id is not None
        scheduling.book(
            session, exam, room_id=exam.room_id, starts_at=starts_at, actor=ACTOR, now=NOW
        )
