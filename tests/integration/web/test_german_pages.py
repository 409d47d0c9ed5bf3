"""Every desk's pages in German: no text of ours is left in English, days are German days."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

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
from worklist.language.catalogues import translations
from worklist.scheduling import placement
from worklist.scheduling import service as scheduling

_ATTRIBUTES = {"title", "aria-label", "placeholder"}
PAGES = (
    "/day",
    "/arrivals",
    "/orders",
    "/orders?tab=open",
    "/orders/new",
    "/waiting",
    "/replan",
    "/rooms",
    "/rooms/CT1",
    "/rooms/wall",
    "/hours/CT1",
    "/reading",
    "/reading?tab=all",
    "/reading/figures",
    "/reading/critical",
    "/performed",
    "/messages",
    "/messages/outbox",
    "/messages/try",
    "/connections",
    "/stations",
    "/stations/CT1",
    "/statistics",
    "/rules",
    "/policy",
    "/administration",
    "/accounts",
    "/accounts/own",
    "/exams/{exam}",
    "/exams/{exam}/slots",
    "/patients/{patient}",
    "/orders/new?patient={patient}",
    "/orders/new?patient={patient}&procedure=71250",
    "/orders/slip/{exam}",
)


class _Texts(HTMLParser):
    """Collects what a reader sees or hears, text by text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: set[str] = set()

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if name in _ATTRIBUTES and value}

    def handle_data(self, data: str) -> None:
        self.found.add(" ".join(data.split()))


@pytest.fixture(scope="module")
def english() -> set[str]:
    """The English texts without parameters that are told otherwise in German."""
    catalogue = translations("de")
    messages = getattr(catalogue, "_catalog", {})
    assert messages, "the catalogue keeps its texts elsewhere"
    return {
        message
        for message, told in messages.items()
        if isinstance(message, str) and "%(" not in message and told != message and message
    }


@pytest.fixture
def desk(
    database: str, empty_redis: str, session_factory: db.SessionFactory
) -> Iterator[FlaskClient]:
    """Somebody who does everything, with a browser that asks for German."""
    client = web.make_client(database, empty_redis)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de-AT,de;q=0.9"
    web.make_user(session_factory, *UserRole)
    web.sign_in(client, "dana")
    yield client
    web.close(client)


def test_no_english_is_left_on_any_page(
    desk: FlaskClient, session_factory: db.SessionFactory, english: set[str]
) -> None:
    with db.transaction(session_factory) as session:
        room = make_room(session, make_site(session), "CT1")
        make_procedure(session, preparation="Nüchtern kommen.")
        patient = make_patient(session, language="de")
        exam = make_exam(session, patient=patient)
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        other = make_exam(session)
        scheduling.book(
            session,
            other,
            room_id=room.id,
            starts_at=NOW + timedelta(hours=26),
            actor=ACTOR,
            now=NOW,
        )
        ids = {"exam": exam.id, "patient": patient.id}
    left: dict[str, set[str]] = {}
    for address in PAGES:
        answer = desk.get(address.format(**ids))
        assert answer.status_code == 200, address
        assert '<html lang="de">' in answer.text, address
        texts = _Texts()
        texts.feed(answer.text)
        if found := texts.found & english:
            left[address] = found
    assert left == {}
    assert "Mi. 25.11." in desk.get(f"/exams/{other.id}").text


def test_a_week_begins_with_monday(desk: FlaskClient, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT1")
    page = desk.get("/hours/CT1?day=2026-11-25").text
    days = re.findall(r'<h2 class="room"[^>]*><a [^>]*>([^<]*)</a>', page)
    assert days[0] == "Mo. 23.11."
    assert days[6] == "So. 29.11."
