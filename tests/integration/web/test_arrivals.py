"""Arrivals: who is missing after ten minutes, checking in with the identity checked."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support import web
from tests.support.department import (
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_scanner,
)
from tests.support.web import SignIn
from worklist import db
from worklist.audit.models import AuditEvent
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.web import paging


@pytest.fixture
def desk(signed_in: SignIn, session_factory: db.SessionFactory) -> FlaskClient:
    with db.transaction(session_factory) as session:
        make_scanner(session)
    return signed_in(UserRole.FRONT_DESK)


def expect(sessions: db.SessionFactory, minutes: int, **fields: Any) -> int:
    """Make an exam that starts so many minutes from now."""
    with db.transaction(sessions) as session:
        exam = make_exam(session, **fields)
        exam.room = session.scalars(select(Room)).one()
        exam.starts_at = NOW + timedelta(minutes=minutes)
        exam.ends_at = exam.starts_at + timedelta(minutes=15)
        exam.status = StepStatus.SCHEDULED
        return exam.id


def check_in(desk: FlaskClient, exam_id: int, **fields: Any) -> Any:
    address = f"/arrivals/{exam_id}/check-in"
    return web.submit(desk, address, address, **fields)


def status_of(sessions: db.SessionFactory, exam_id: int) -> StepStatus:
    with sessions() as session:
        return session.get_one(ScheduledProcedureStep, exam_id).status


@pytest.mark.parametrize(
    ("minutes", "word"),
    [(-11, "missing 11 min"), (-10, "missing 10 min"), (-9, "late 9 min"), (5, "in 5 min")],
)
def test_whoever_is_ten_minutes_late_is_missing(
    desk: FlaskClient, session_factory: db.SessionFactory, minutes: int, word: str
) -> None:
    expect(session_factory, minutes)
    page = desk.get("/arrivals").text
    assert f">{word}<" in page
    assert ("Did not come" in page) == word.startswith("missing")


def test_only_today_and_only_who_has_a_slot(
    desk: FlaskClient, session_factory: db.SessionFactory
) -> None:
    expect(session_factory, 24 * 60)
    with db.transaction(session_factory) as session:
        make_exam(session)
    assert "Nobody else is expected today." in desk.get("/arrivals").text


def test_a_long_day_is_paged_and_counted_whole(
    desk: FlaskClient, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "ROWS", 2)
    ids = [expect(session_factory, minutes) for minutes in (-15, -5, 5, 10, 20)]
    assert check_in(desk, ids[4], identity="checked").status_code == 303
    seen: list[int] = []
    address = "/arrivals?modality=CT&room=CT01"
    while address:
        page = desk.get(address).text
        assert "1 missing, 1 late, 2 to come" in page
        seen += [int(one) for one in re.findall(r'id="arrival-(\d+)"', page)]
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = unescape(following[1]) if following else ""
    assert seen == ids[:4]
    assert "Nobody else is expected there" in desk.get("/arrivals?room=MR01").text
    assert desk.get("/arrivals?after=nonsense").status_code == 422


def test_checking_in_needs_the_identity_checked(
    desk: FlaskClient, session_factory: db.SessionFactory
) -> None:
    exam_id = expect(session_factory, 5)
    refused = check_in(desk, exam_id)
    assert refused.status_code == 422
    assert "Ask for name and birth date first" in refused.text
    assert status_of(session_factory, exam_id) is StepStatus.SCHEDULED
    assert check_in(desk, exam_id, identity="checked").location == "/arrivals"
    assert status_of(session_factory, exam_id) is StepStatus.ARRIVED
    with session_factory() as session:
        actions = session.scalars(select(AuditEvent.action).filter_by(exam_id=exam_id)).all()
        assert "exam.identity_checked" in actions
    page = desk.get("/arrivals").text
    assert re.search(r'aria-label="Here".*0 min', page, re.DOTALL)


def test_a_page_that_is_out_of_date_checks_nobody_in(
    desk: FlaskClient, session_factory: db.SessionFactory
) -> None:
    exam_id = expect(session_factory, 5)
    stale = check_in(desk, exam_id, identity="checked", version=99)
    assert stale.status_code == 409
    assert status_of(session_factory, exam_id) is StepStatus.SCHEDULED


def test_the_patients_other_exams_of_the_day_come_along(
    desk: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        patient = make_patient(session)
    first = expect(session_factory, 5, patient=patient)
    second = expect(session_factory, 60, patient=patient)
    stranger = expect(session_factory, 90)
    assert f'name="also" value="{second}" checked' in desk.get(f"/arrivals/{first}/check-in").text
    check_in(desk, first, identity="checked", also=[second, stranger])
    assert status_of(session_factory, second) is StepStatus.ARRIVED
    assert status_of(session_factory, stranger) is StepStatus.SCHEDULED


def test_the_forms_that_the_exam_asks_for_are_named(
    desk: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session, "72192", name="CT pelvis", irradiates_pelvis=True)
        patient = make_patient(session, "DOE^JANE", sex="F", birth_date=date(1996, 2, 3))
    exam_id = expect(session_factory, 5, patient=patient, procedure="72192")
    page = desk.get(f"/arrivals/{exam_id}/check-in").text
    assert f"/exams/{exam_id}/screening/pregnancy" in page
    assert "not filled yet" in page
    plain = expect(session_factory, 5)
    assert "Screening" not in desk.get(f"/arrivals/{plain}/check-in").text


def test_arrivals_are_for_those_who_check_in(signed_in: SignIn) -> None:
    assert signed_in(UserRole.RADIOLOGIST).get("/arrivals").status_code == 403
