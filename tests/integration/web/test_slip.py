"""The slip's page: in the patient's language, and sent by e-mail where there is a mail server."""

from datetime import UTC, datetime, timedelta

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
from worklist.mail.models import PatientMail
from worklist.scheduling import service as scheduling


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    """A CT at 11:00 of a patient who speaks German."""
    with db.transaction(session_factory) as session:
        room = make_room(session, make_site(session), "CT1")
        make_procedure(
            session, preparation="Eat nothing.", preparation_translations={"de": "Nichts essen."}
        )
        patient = make_patient(session, language="de", email="richard@example.org")
        exam = make_exam(session, patient=patient)
        starts_at = NOW + timedelta(hours=2)
        scheduling.book(session, exam, room_id=room.id, starts_at=starts_at, actor=ACTOR, now=NOW)
        return exam.id


def test_the_slip_is_in_the_patients_language_on_an_english_page(
    mailing_desk: FlaskClient, exam_id: int
) -> None:
    page = mailing_desk.get(f"/orders/slip/{exam_id}").text
    assert '<html lang="en">' in page
    assert '<article class="slip card" lang="de">' in page
    assert "Bitte kommen Sie" in page
    assert "Di. 24.11.2026, 11:00" in page
    assert "Nichts essen." in page
    assert "Eat nothing." not in page
    assert "Back to the exam" in page


def test_the_slip_is_sent_and_its_state_is_on_the_exams_page(
    mailing_desk: FlaskClient, exam_id: int, session_factory: db.SessionFactory
) -> None:
    slip = f"/orders/slip/{exam_id}"
    assert 'value="richard@example.org"' in mailing_desk.get(slip).text
    answer = web.submit(mailing_desk, slip, slip, email="maria@example.org")
    assert answer.headers["Location"] == f"/exams/{exam_id}"
    with db.transaction(session_factory) as session:
        mail = session.scalars(select(PatientMail)).one()
        assert (mail.address, mail.requested_by) == ("maria@example.org", "user:dana")
    page = mailing_desk.get(f"/exams/{exam_id}").text
    assert "The slip is on its way to maria@example.org." in page
    assert '<span class="tag ">on its way</span>' in page
    assert "The appointment slip was sent by e-mail." in page


def test_what_is_no_address_is_told(mailing_desk: FlaskClient, exam_id: int) -> None:
    slip = f"/orders/slip/{exam_id}"
    answer = web.submit(mailing_desk, slip, slip, email="maria")
    assert answer.status_code == 422
    assert "maria is not an e-mail address" in answer.text


def test_without_a_mail_server_there_is_nothing_to_send(
    database: str, empty_redis: str, exam_id: int, session_factory: db.SessionFactory
) -> None:
    client = web.make_client(database, empty_redis)
    web.make_user(session_factory, UserRole.FRONT_DESK)
    web.sign_in(client, "dana")
    slip = f"/orders/slip/{exam_id}"
    assert "E-mail" not in client.get(slip).text
    assert web.submit(client, slip, slip, email="a@example.org").status_code == 422
    web.close(client)


@pytest.mark.parametrize(("hour", "told"), [(0, "02:30 MESZ"), (1, "02:30 MEZ"), (2, "03:30")])
def test_a_time_that_clocks_show_twice_is_told_with_its_zone(
    mailing_desk: FlaskClient, session_factory: db.SessionFactory, hour: int, told: str
) -> None:
    """On 25 October 2026, 01:00 UTC, clocks in Vienna go from 03:00 back to 02:00."""
    starts_at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    before = starts_at - timedelta(days=2)
    with db.transaction(session_factory) as session:
        room = make_room(session, make_site(session, time_zone="Europe/Vienna"), "CT1")
        make_procedure(session)
        exam = make_exam(session, patient=make_patient(session, language="de"), now=before)
        scheduling.book(
            session, exam, room_id=room.id, starts_at=starts_at, actor=ACTOR, now=before
        )
    page = mailing_desk.get(f"/orders/slip/{exam.id}").text
    assert f"So. 25.10.2026, {told}</strong>" in page
    answer = mailing_desk.get(f"/api/v1/exams/{exam.id}/slip").json or {}
    assert datetime.fromisoformat(answer["starts_at"]) == starts_at
