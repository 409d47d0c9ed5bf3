"""How many statements each page asks the database: few, and no more with more rows."""

from datetime import timedelta

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
from tests.support.reading import make_task
from tests.support.routes import pages
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Resource
from worklist.performing import service as performing
from worklist.reading.models import ReadingTask
from worklist.scheduling import service as scheduling

MOST = 30
_FEW, _MORE = 3, 9


def fill(sessions: db.SessionFactory, first: int, number: int) -> None:
    """Add exams in every part of their life, ``number`` of each, of one patient or of many."""
    with db.transaction(sessions) as session:
        rooms = session.scalars(select(Resource.id).order_by(Resource.id)).all()
        one = make_patient(session)
        for index in range(first, first + number):
            make_exam(session)
            make_exam(session, patient=one)
            for room in rooms:
                exam = make_exam(session)
                scheduling.book(
                    session,
                    exam,
                    room_id=room,
                    starts_at=NOW + timedelta(minutes=30 * (index + 1)),
                    actor=ACTOR,
                    now=NOW,
                )
            if index % 2:
                performing.check_in(session, exam, actor=ACTOR, now=NOW)
            make_task(session, ended=timedelta(minutes=5 * index + 1))


def test_no_page_asks_more_with_more_rows(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        site = make_site(session)
        make_procedure(session)
        for code in ("CT01", "CT02"):
            make_room(session, site, code)
    fill(session_factory, 0, _FEW)
    client = signed_in(*UserRole)
    with session_factory() as session:
        addresses = pages(client.application, session)
        assert session.scalar(select(ReadingTask.id).limit(1)) is not None
    few = {name: asked(client, address) for name, address in addresses.items()}
    fill(session_factory, _FEW, _MORE)
    more = {name: asked(client, address) for name, address in addresses.items()}
    grown = {name: (few[name], more[name]) for name in few if more[name] > few[name]}
    assert grown == {}
    assert {name: number for name, number in more.items() if number > MOST} == {}


def asked(client: FlaskClient, address: str) -> int:
    """Return how many statements a page asks; it has to open."""
    with web.statements(client) as statements:
        answer = client.get(address)
    assert answer.status_code == 200, f"{address} answers {answer.status_code}"
    return len(statements)
