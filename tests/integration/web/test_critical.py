"""The board of critical findings without a browser: who sees what, and the lead's figures."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support import web
from tests.support.department import make_site
from tests.support.reading import make_task
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.reading.critical.models import CriticalFinding


@pytest.fixture
def task_id(session_factory: db.SessionFactory) -> int:
    with db.transaction(session_factory) as session:
        make_site(session)
        return make_task(session, ordering_physician="HOUSE^GREGORY").id


@pytest.fixture
def lead(task_id: int, signed_in: SignIn) -> FlaskClient:
    """A radiologist who leads: Dana."""
    assert task_id
    return signed_in(UserRole.RADIOLOGIST, UserRole.MANAGER)


def raise_one(lead: FlaskClient, task_id: int, **fields: Any) -> int:
    values: dict[str, Any] = {
        "category": "minutes",
        "recipient": "Dr <House>",
        "content": "Aortic dissection",
    }
    page = f"/reading/{task_id}"
    answer = web.submit(lead, f"{page}/critical", page, **values | fields)
    return answer.status_code


def test_a_finding_is_raised_and_acknowledged(
    lead: FlaskClient, task_id: int, session_factory: db.SessionFactory
) -> None:
    assert 'value="HOUSE, GREGORY"' in lead.get(f"/reading/{task_id}").text
    assert raise_one(lead, task_id) == 303
    for path in ("/reading/critical", f"/reading/{task_id}", f"/reading/{task_id}/critical"):
        page = lead.get(path).text
        assert "Aortic dissection" in page
        assert "Dr &lt;House&gt;" in page
    with db.transaction(session_factory) as session:
        finding = session.scalars(select(CriticalFinding)).one()
    told: dict[str, Any] = {
        "name": "Nurse Hathaway",
        "means": "phone",
        "told_at": "2026-11-24T09:00",
    }
    web.submit(lead, f"/reading/critical/{finding.id}/acknowledge", "/reading/critical", **told)
    board = lead.get("/reading/critical").text
    assert "Everybody who must know has been told." in board
    assert "<strong>Nurse Hathaway</strong> told by phone" in board


def test_a_form_with_something_missing_is_refused(lead: FlaskClient, task_id: int) -> None:
    for missing in ({"category": ""}, {"recipient": " "}, {"content": ""}):
        assert raise_one(lead, task_id, **missing) == 422


def test_the_lead_sees_and_downloads_how_fast_people_are_told(
    lead: FlaskClient, task_id: int
) -> None:
    raise_one(lead, task_id)
    assert "within minutes" in lead.get("/reading/figures").text
    lines = lead.get("/reading/figures/critical.csv").text.splitlines()
    assert lines[1] == "minutes,1,0,0,1,0,"


def test_the_board_is_not_for_the_front_desk(signed_in: SignIn) -> None:
    assert signed_in(UserRole.FRONT_DESK).get("/reading/critical").status_code == 403
