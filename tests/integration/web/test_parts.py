"""An exam's page that looks again gets the parts that differ from what it shows."""

import re
from datetime import timedelta
from itertools import count

import pytest
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.support.department import ACTOR, NOW, make_exam
from worklist import db
from worklist.catalogue.models import Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.performing import service as performing
from worklist.scheduling import service as scheduling

_PART = re.compile(r'<div id="([\w-]+)" class="part" data-part="(\w+)">')
_PARTIAL = re.compile(r'<hx-partial hx-target="#([\w-]+)" hx-swap="outerMorph">')


@pytest.fixture
def exam_id(everybody: FlaskClient, session_factory: db.SessionFactory) -> int:
    """An exam that is booked and waits for its patient."""
    assert everybody
    with db.transaction(session_factory) as session:
        exam = make_exam(session)
        room = session.scalars(select(Room)).one()
        starts_at = NOW + timedelta(hours=1)
        scheduling.book(session, exam, room_id=room.id, starts_at=starts_at, actor=ACTOR, now=NOW)
        return exam.id


def _look_again(client: FlaskClient, exam_id: int, shown: dict[str, str]) -> TestResponse:
    told = ",".join(f"{name}={mark}" for name, mark in shown.items())
    return client.get(f"/exams/{exam_id}/live", headers={"HX-Request": "true", "X-Parts": told})


def test_nothing_is_sent_where_nothing_differs(
    everybody: FlaskClient, exam_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Forms have another token in every second.
    seconds = count(1_800_000_000)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: next(seconds))
    shown = dict(_PART.findall(everybody.get(f"/exams/{exam_id}").text))
    assert len(shown) == 8
    again = _look_again(everybody, exam_id, shown)
    assert (again.status_code, again.data) == (204, b"")


def test_only_the_parts_that_differ_are_sent(
    everybody: FlaskClient, exam_id: int, session_factory: db.SessionFactory
) -> None:
    shown = dict(_PART.findall(everybody.get(f"/exams/{exam_id}").text))
    with db.transaction(session_factory) as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        performing.check_in(session, exam, actor=ACTOR, now=NOW)
    again = _look_again(everybody, exam_id, shown)
    # The status stands in its head, what may be done now below, and the story has a line more.
    assert _PARTIAL.findall(again.text) == ["exam-head", "exam-now-part", "exam-story"]
    shown |= dict(_PART.findall(again.text))
    assert _look_again(everybody, exam_id, shown).status_code == 204


def test_a_page_that_shows_no_parts_gets_them_all(everybody: FlaskClient, exam_id: int) -> None:
    whole = everybody.get(f"/exams/{exam_id}/live", headers={"HX-Request": "true"}).text
    assert not _PARTIAL.findall(whole)
    assert len(_PART.findall(whole)) == 8
