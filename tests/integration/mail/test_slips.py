"""Appointment slips: in whose language they are, and their way through a mail server."""

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from config import Settings
from tests.support import certificates, mail_server
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
from worklist.catalogue.models import Site
from worklist.errors import DomainError
from worklist.mail import delivery, service
from worklist.mail.models import MailState, PatientMail
from worklist.mail.slip import slip_of
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling import service as scheduling

ENGLISH = "Do not eat for four hours."
TURKISH = "Dört saat yemek yemeyin."
GERMAN = "Essen Sie vier Stunden nichts."


def settings_for(port: int, **values: str) -> Settings:
    return Settings.read(
        {
            "WORKLIST_SMTP_HOST": "localhost",
            "WORKLIST_SMTP_PORT": str(port),
            "WORKLIST_SMTP_SECURITY": "none",
            "WORKLIST_SMTP_SENDER": "radiology@hospital.example",
        }
        | {f"WORKLIST_SMTP_{name}": value for name, value in values.items()}
    )


def booked(sessions: db.SessionFactory, language: str = "de") -> int:
    """Book a CT at 10:00 for a patient who speaks this language; returns the exam's id."""
    with db.transaction(sessions) as session:
        room = make_room(session, make_site(session, time_zone="Europe/Vienna"), "CT1")
        make_procedure(
            session,
            preparation=ENGLISH,
            preparation_translations={"de": GERMAN, "tr": TURKISH},
        )
        patient = make_patient(session, language=language, email="richard@example.org")
        exam = make_exam(session, patient=patient)
        scheduling.book(
            session, exam, room_id=room.id, starts_at=NOW + timedelta(hours=1), actor=ACTOR, now=NOW
        )
        return exam.id


def ask(sessions: db.SessionFactory, exam_id: int, address: str = "richard@example.org") -> int:
    with db.transaction(sessions) as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        mail = service.send_slip(
            session, exam, address=address, locale="en", actor="user:dana", now=NOW
        )
        return mail.id


def state_of(sessions: db.SessionFactory, mail_id: int) -> PatientMail:
    with db.transaction(sessions) as session:
        mail = session.get_one(PatientMail, mail_id)
        session.expunge(mail)
        return mail


@pytest.mark.parametrize(
    ("language", "locale", "preparation", "of"),
    [
        ("de", "de", GERMAN, "de"),
        ("tr", "en", TURKISH, "tr"),
        ("fr", "en", ENGLISH, "en"),
        ("", "en", ENGLISH, "en"),
    ],
)
def test_a_slip_is_in_the_patients_language_where_there_is_one(
    session_factory: db.SessionFactory, language: str, locale: str, preparation: str, of: str
) -> None:
    exam_id = booked(session_factory, language)
    with db.transaction(session_factory) as session:
        slip = slip_of(session, session.get_one(ScheduledProcedureStep, exam_id), locale="en")
    assert (slip.locale, slip.preparation, slip.preparation_language) == (locale, preparation, of)


def test_a_slip_reaches_the_mail_server_in_german(session_factory: db.SessionFactory) -> None:
    mail_id = ask(session_factory, booked(session_factory))
    with mail_server.serve() as server:
        settings = settings_for(server.port)
        assert delivery.deliver(session_factory, settings, clock=lambda: NOW) == 1
        assert delivery.deliver(session_factory, settings, clock=lambda: NOW) == 0
    [message] = server.messages
    assert message["To"] == "richard@example.org"
    assert message["From"] == "radiology@hospital.example"
    assert message["Subject"] == "Ihr Termin am Di. 24.11.2026, MAIN hospital"
    assert message["Content-Language"] == "de"
    text = message.get_content()
    assert "Bitte kommen Sie: Di. 24.11.2026, 11:00" in text  # ten o'clock UTC in Vienna
    assert GERMAN in text
    assert "04.05.1981" not in text
    mail = state_of(session_factory, mail_id)
    assert (mail.state, mail.attempts, mail.sent_at, mail.error_text) == (
        MailState.SENT,
        1,
        NOW,
        "",
    )


def test_a_sites_name_adds_no_header(session_factory: db.SessionFactory) -> None:
    """Nor does it keep the mail, and all behind it, from being sent."""
    exam_id = booked(session_factory)
    with db.transaction(session_factory) as session:
        session.scalars(select(Site)).one().name = "Main\r\nBcc: eve@example.org"
    ask(session_factory, exam_id)
    with mail_server.serve() as server:
        delivery.deliver(session_factory, settings_for(server.port), clock=lambda: NOW)
    [message] = server.messages
    assert message["Bcc"] is None
    assert message["Subject"] == "Ihr Termin am Di. 24.11.2026, Main Bcc: eve@example.org"


def test_a_server_that_is_down_gets_it_later(session_factory: db.SessionFactory) -> None:
    mail_id = ask(session_factory, booked(session_factory))
    with mail_server.serve() as server:
        gone = settings_for(server.port)
    delivery.deliver(session_factory, gone, clock=lambda: NOW)
    mail = state_of(session_factory, mail_id)
    assert (mail.state, mail.attempts) == (MailState.WAITING, 1)
    assert mail.next_attempt_at == NOW + timedelta(minutes=1)
    assert mail.error_text
    with mail_server.serve() as server:
        settings = settings_for(server.port)
        assert delivery.deliver(session_factory, settings, clock=lambda: NOW) == 0
        later = NOW + timedelta(minutes=1)
        assert delivery.deliver(session_factory, settings, clock=lambda: later) == 1
    assert state_of(session_factory, mail_id).state is MailState.SENT


def test_what_cannot_be_sent_for_a_day_is_given_up(session_factory: db.SessionFactory) -> None:
    mail_id = ask(session_factory, booked(session_factory))
    with mail_server.serve() as server:
        server.answer_to_recipient = "450 mailbox busy"
        settings = settings_for(server.port)
        delivery.deliver(session_factory, settings, clock=lambda: NOW)
        assert state_of(session_factory, mail_id).state is MailState.WAITING
        day = NOW + timedelta(hours=24)
        delivery.deliver(session_factory, settings, clock=lambda: day)
    mail = state_of(session_factory, mail_id)
    assert (mail.state, mail.error_text) == (MailState.FAILED, "450 mailbox busy")


def test_an_address_that_the_server_does_not_know_fails_at_once(
    session_factory: db.SessionFactory,
) -> None:
    mail_id = ask(session_factory, booked(session_factory))
    with mail_server.serve() as server:
        server.answer_to_recipient = "550 no such mailbox"
        delivery.deliver(session_factory, settings_for(server.port), clock=lambda: NOW)
    mail = state_of(session_factory, mail_id)
    assert (mail.state, mail.error_text) == (MailState.FAILED, "550 no such mailbox")
    assert server.messages == []


def test_a_slip_of_an_appointment_that_has_changed_is_not_sent(
    session_factory: db.SessionFactory,
) -> None:
    exam_id = booked(session_factory)
    mail_id = ask(session_factory, exam_id)
    with db.transaction(session_factory) as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        scheduling.cancel_exam(session, exam, reason="Well again.", actor=ACTOR, now=NOW)
    with mail_server.serve() as server:
        delivery.deliver(session_factory, settings_for(server.port), clock=lambda: NOW)
    assert state_of(session_factory, mail_id).state is MailState.WITHDRAWN
    assert server.messages == []


def test_the_way_is_encrypted_and_the_account_shown(
    session_factory: db.SessionFactory, tmp_path: Path
) -> None:
    certificate, key = certificates.make(tmp_path, "localhost", valid_for="DNS:localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    exam_id = booked(session_factory)
    stranger = ask(session_factory, exam_id)
    with mail_server.serve(context) as server:
        values = {"SECURITY": "starttls", "USER": "radiology", "PASSWORD": "a secret of the server"}
        delivery.deliver(session_factory, settings_for(server.port, **values), clock=lambda: NOW)
        assert server.messages == []  # nobody vouches for its certificate
        assert "certificate" in state_of(session_factory, stranger).error_text
        trusting = settings_for(server.port, CA=str(certificate), **values)
        later = NOW + timedelta(minutes=1)
        delivery.deliver(session_factory, trusting, clock=lambda: later)
    assert server.encrypted == [True]
    assert server.users == ["radiology"]


@pytest.mark.parametrize(
    "address", ["", "richard", "a@b", "a b@example.org", "a@example.org\r\nBcc: x@example.org"]
)
def test_what_is_no_address_is_refused(session_factory: db.SessionFactory, address: str) -> None:
    exam_id = booked(session_factory)
    with pytest.raises(DomainError, match="is not an e-mail address"):
        ask(session_factory, exam_id, address)


def test_an_exam_without_a_slot_has_no_slip(session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session)
        exam = make_exam(session)
        with pytest.raises(DomainError, match="no slot yet"):
            slip_of(session, exam, locale="en")
