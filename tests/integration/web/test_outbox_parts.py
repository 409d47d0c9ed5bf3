"""The outgoing messages on an open page: it gets the rows that differ from what it shows."""

import re
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import web
from tests.support.outbox_department import EARLY, LATE, Department
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole

_PAGE = "/messages/outbox"
_PART = re.compile(r'<(?:div|tr) id="([\w-]+)"[^>]* data-part="(\w+)">')
_PARTIAL = re.compile(r'<hx-partial hx-target="#([\w-]+)" hx-swap="outerMorph">')


@pytest.fixture
def admin(signed_in: SignIn) -> FlaskClient:
    return signed_in(UserRole.ADMINISTRATOR)


@pytest.fixture
def department(session_factory: db.SessionFactory) -> Department:
    """Two messages wait for a peer that nobody listens at."""
    department = Department(session_factory)
    department.add_peer(1)
    for starts_at in (EARLY, LATE):
        _announce(department, starts_at)
    return department


def _announce(department: Department, starts_at: datetime, room: int = 0) -> None:
    department.book(department.order(), starts_at, room)
    department.announce()


def _shown(page: TestResponse) -> dict[str, str]:
    return dict(_PART.findall(page.text))


def _look_again(client: FlaskClient, shown: dict[str, str], query: str = "") -> TestResponse:
    told = ",".join(f"{name}={mark}" for name, mark in shown.items())
    return client.get(_PAGE + query, headers={"HX-Request": "true", "X-Parts": told})


def test_nothing_is_sent_where_nothing_differs(admin: FlaskClient, department: Department) -> None:
    shown = _shown(admin.get(_PAGE))
    assert list(shown) == [
        "outbox-peers",
        "outbox-rows",
        *(f"sent-{one.id}" for one in reversed(department.outbox())),
    ]
    assert _look_again(admin, shown).status_code == 204


def test_a_message_that_is_given_up_changes_its_row_and_its_peers(
    admin: FlaskClient, department: Department
) -> None:
    shown = _shown(admin.get(_PAGE))
    first = department.outbox()[0].id
    web.submit(admin, f"{_PAGE}/{first}/discard", f"{_PAGE}/{first}")
    again = _look_again(admin, shown)
    assert _PARTIAL.findall(again.text) == ["outbox-peers", f"sent-{first}"]
    assert _look_again(admin, shown | _shown(again)).status_code == 204


def test_a_new_message_comes_alone_into_the_list(
    admin: FlaskClient, department: Department
) -> None:
    shown = _shown(admin.get(_PAGE))
    _announce(department, EARLY, room=1)
    old, new = department.outbox()[:2], department.outbox()[2]
    again = _look_again(admin, shown)
    assert _PARTIAL.findall(again.text) == ["outbox-peers", "outbox-rows"]
    assert re.findall(r'<tr id="sent-(\d+)" data-kept></tr>', again.text) == [
        str(one.id) for one in reversed(old)
    ]
    assert f"sent-{new.id}" in _shown(again)


def test_messages_of_another_peer_do_not_change_a_list_of_one(
    admin: FlaskClient, department: Department
) -> None:
    department.add_peer(1, "PACS", sends=["appointment"])
    shown = _shown(admin.get(f"{_PAGE}?peer=PACS"))
    assert "sent-" not in "".join(shown)
    first = department.outbox()[0].id
    web.submit(admin, f"{_PAGE}/{first}/discard", f"{_PAGE}/{first}")
    again = _look_again(admin, shown, "?peer=PACS")
    assert _PARTIAL.findall(again.text) == ["outbox-peers"]
