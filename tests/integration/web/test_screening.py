"""Screening forms on the exam's page: listed, filled, refused with the reason."""

import pytest

from tests.support import web
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_procedure,
    make_room,
    make_site,
)
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders.models import ExamHold
from worklist.scheduling import placement
from worklist.screening.forms import form


@pytest.fixture
def page(session_factory: db.SessionFactory) -> str:
    """The address of an MR exam's forms."""
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "MR01", modality="MR", field_strength_tesla=1.5)
        make_procedure(session, "70551", modality="MR", ionising=False, body_part="HEAD")
        exam = make_exam(session, procedure="70551")
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        return f"/exams/{exam.id}/screening"


def noes() -> dict[str, str]:
    return {one.code: "no" for one in form("mr_safety").questions if one.kind == "yes_no"}


def test_a_form_is_reached_from_the_exam_and_filled(
    signed_in: SignIn, page: str, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.TECHNOLOGIST)
    exam_page = page.removesuffix("/screening")
    assert f'href="{page}"' in client.get(exam_page).text
    overview = client.get(page).text
    assert "MR safety" in overview
    assert "not yet" in overview
    address = f"{page}/mr_safety"
    assert "Do you have a hearing implant?" in client.get(address).text
    given: dict[str, object] = {**noes(), "claustrophobia": "yes"}
    answer = web.submit(client, address, address, htmx=False, **given)
    assert (answer.status_code, answer.location) == (303, exam_page)
    assert "claustrophobia" in client.get(exam_page).text
    assert "not yet" not in client.get(page).text
    assert 'value="yes" checked' in client.get(address).text
    with db.transaction(session_factory) as session:
        assert session.query(ExamHold).one().resolution == "withdrawn"


def test_what_is_not_answered_is_told(signed_in: SignIn, page: str) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    address = f"{page}/mr_safety"
    given: dict[str, object] = {**noes(), "pacemaker": ""}
    answer = web.submit(client, address, address, htmx=True, **given)
    assert answer.status_code >= 400
    assert "Not answered: Do you have a pacemaker" in answer.text
    assert "not yet" in client.get(page).text


def test_forms_are_for_those_who_check_in(signed_in: SignIn, page: str) -> None:
    client = signed_in(UserRole.RADIOLOGIST)
    assert client.get(page).status_code == 403
    assert client.get(f"{page}/mr_safety").status_code == 403
    assert client.get(page.removesuffix("/screening")).status_code == 200


def test_an_unknown_form_is_not_found(signed_in: SignIn, page: str) -> None:
    assert signed_in(UserRole.FRONT_DESK).get(f"{page}/shoes").status_code == 404


def test_the_form_asks_and_complains_in_german(signed_in: SignIn, page: str) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    address = f"{page}/mr_safety"
    shown = client.get(address).text
    assert "MR-Sicherheit" in shown
    assert "Haben Sie ein Hörimplantat?" in shown
    assert "leicht: Ausschlag, Übelkeit" in client.get(f"{page}/contrast").text
    given: dict[str, object] = {**noes(), "pacemaker": "", "weight": "heavy"}
    answer = web.submit(client, address, address, htmx=True, **given)
    assert "Nicht beantwortet: Haben Sie einen Herzschrittmacher" in answer.text
    assert "Wie viel wiegen Sie? Erwartet wird eine Zahl" in answer.text
