"""An administrator of an empty department is led from step to step."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from tests.support import web
from tests.support.department import make_exam, make_procedure, make_room, make_site
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import OpeningHours, Resource

PAGE = "/administration"


def left(client: FlaskClient) -> list[str]:
    """Return what is still to be done, with where."""
    card = re.search(r'id="first-steps">(.*?)</section>', client.get(PAGE).text, re.DOTALL)
    return re.findall(r'<a href="([^"]+)">', card[1]) if card else []


def test_the_first_page_of_an_empty_department_is_what_to_do(signed_in: SignIn) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    assert client.get("/").location == PAGE
    assert left(client)[:2] == [f"{PAGE}/site/new", f"{PAGE}/room/new"]


def test_the_desk_is_not_sent_there(signed_in: SignIn) -> None:
    assert signed_in(UserRole.FRONT_DESK).get("/").location == "/day"


@pytest.mark.parametrize("path", ["/day", "/orders", "/reading"])
def test_a_desk_without_a_department_says_what_comes_first(signed_in: SignIn, path: str) -> None:
    answer = signed_in(*UserRole).get(path)
    assert answer.status_code == 404
    assert "<h1>There is no department yet</h1>" in answer.text
    assert "first steps are listed" in answer.text


def test_steps_are_done_one_by_one_and_go_with_the_first_order(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT01")
        room = session.scalars(select(Resource.id).where(Resource.code == "CT01")).one()
        session.execute(delete(OpeningHours).where(OpeningHours.resource_id == room))
    assert client.get("/").location == "/day"
    assert client.get(f"{PAGE}/hours/CT01").status_code == 200
    assert left(client)[0] == f"{PAGE}/hours/CT01"
    with db.transaction(session_factory) as session:
        make_procedure(session)
        make_exam(session)
    web.make_user(session_factory, UserRole.FRONT_DESK, username="kim")
    assert left(client) == []


def test_a_new_site_is_offered_the_time_zone_of_the_settings_and_every_other_one(
    signed_in: SignIn,
) -> None:
    page = signed_in(UserRole.ADMINISTRATOR).get("/administration/site/new").text
    field = next(part for part in page.split("<input") if 'name="time_zone"' in part)
    assert 'value="UTC"' in field
    assert 'list="zones"' in field
    offered = page.split('<datalist id="zones">')[1].split("</datalist>")[0]
    for zone in ("Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata", "UTC"):
        assert f'<option value="{zone}">' in offered
