"""News of exams that a page does not show: one question where they are none of its own."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

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
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Resource, Site
from worklist.scheduling import service as scheduling

ROOM_PAGES = ("/rooms", "/rooms/wall", "/rooms/CT01", "/arrivals")
TOMORROW = timedelta(days=1)


@pytest.fixture
def client(signed_in: SignIn, session_factory: db.SessionFactory) -> FlaskClient:
    with db.transaction(session_factory) as session:
        site = make_site(session)
        make_room(session, site, "CT01")
        make_room(session, site, "CT02")
        other = Site(code="WEST", name="West", department="Radiology", time_zone="Europe/Vienna")
        session.add(other)
        session.flush()
        make_room(session, other, "CT91")
        make_procedure(session)
    return signed_in(*UserRole)


def booked(session: Session, room: str, after: timedelta) -> int:
    exam = make_exam(session)
    room_id = session.query(Resource).filter_by(code=room).one().id
    scheduling.book(session, exam, room_id=room_id, starts_at=NOW + after, actor=ACTOR, now=NOW)
    return exam.id


def answer(client: FlaskClient, path: str, *exams: int) -> int:
    told = ",".join(map(str, exams))
    return client.get(path, headers={"HX-Request": "true", "X-News": told}).status_code


@pytest.mark.parametrize("path", ROOM_PAGES)
def test_rooms_and_arrivals_are_drawn_for_their_own_site_and_day_alone(
    client: FlaskClient, session_factory: db.SessionFactory, path: str
) -> None:
    with db.transaction(session_factory) as session:
        today = booked(session, "CT01", timedelta(hours=1))
        tomorrow = booked(session, "CT01", TOMORROW)
        elsewhere = booked(session, "CT91", timedelta(hours=1))
        unplaced = make_exam(session).id
    assert answer(client, path, today) == 200
    assert answer(client, path, tomorrow, elsewhere, unplaced) == 204
    assert answer(client, path, tomorrow, today) == 200


def test_a_room_is_drawn_for_its_own_exams_alone(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        beside = booked(session, "CT02", timedelta(hours=1))
    assert answer(client, "/rooms/CT01", beside) == 204
    assert answer(client, "/rooms/CT02", beside) == 200


def test_a_patient_is_drawn_for_their_own_exams_alone(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        jane, ann = make_patient(session, "DOE^JANE"), make_patient(session, "POE^ANN")
        exam = make_exam(session, patient=jane).id
        janes, anns = f"/patients/{jane.id}", f"/patients/{ann.id}"
    assert answer(client, janes, exam) == 200
    assert answer(client, anns, exam) == 204


@pytest.mark.parametrize("told", ["", "x", "-1", "1;2", ",".join(map(str, range(1, 62)))])
def test_a_request_that_tells_no_news_gets_everything(client: FlaskClient, told: str) -> None:
    headers = {"HX-Request": "true", "X-News": told}
    assert client.get("/arrivals", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ROOM_PAGES)
def test_news_of_others_costs_one_question(
    client: FlaskClient, session_factory: db.SessionFactory, path: str
) -> None:
    with db.transaction(session_factory) as session:
        tomorrow = booked(session, "CT01", TOMORROW)
    with web.statements(client) as whole:
        client.get(path)
    with web.statements(client) as nothing:
        assert answer(client, path, tomorrow) == 204
    [asked] = [one for one in nothing if one.startswith("SELECT EXISTS")]
    assert "scheduled_procedure_step" in asked
    # The account, its zone, the site or room: what every request asks.
    assert len(nothing) <= min(6, len(whole) - 2)
