"""Making room for an urgent exam from its page."""

from datetime import time, timedelta

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
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling import service as scheduling
from worklist.vocabulary import Priority


@pytest.fixture
def exams(session_factory: db.SessionFactory) -> tuple[int, int]:
    """A room that is full for hours with one routine exam, and a STAT exam without a slot."""
    with db.transaction(session_factory) as session:
        room = make_room(session, make_site(session), "CT01", opens=time(8), closes=time(22))
        make_procedure(session, "LONG", duration_minutes=600)
        make_procedure(session)
        routine = make_exam(session, procedure="LONG", priority=Priority.ROUTINE)
        starts_at = NOW + timedelta(minutes=30)
        scheduling.book(
            session, routine, room_id=room.id, starts_at=starts_at, actor=ACTOR, now=NOW
        )
        stat = make_exam(session, priority=Priority.STAT, now=NOW - timedelta(minutes=20))
        scheduling.book(session, stat, room_id=room.id, starts_at=NOW, actor=ACTOR, now=NOW)
        scheduling.unschedule(session, stat, reason="x", actor=ACTOR, now=NOW)
        blocker = make_exam(session, priority=Priority.STAT)
        scheduling.book(session, blocker, room_id=room.id, starts_at=NOW, actor=ACTOR, now=NOW)
        return routine.id, stat.id


def test_whom_to_move_is_shown_and_accepted(
    signed_in: SignIn, session_factory: db.SessionFactory, exams: tuple[int, int]
) -> None:
    routine, stat = exams
    client, page = signed_in(UserRole.FRONT_DESK), f"/exams/{stat}/displacing"
    shown = client.get(page).text
    assert f'name="moved" value="{routine}"' in shown
    with db.transaction(session_factory) as session:
        moved = session.get_one(ScheduledProcedureStep, routine)
        room_id, starts_at = moved.room_id, moved.starts_at
    assert starts_at
    answer = web.submit(
        client, page, page, moved=routine, room_id=room_id, starts_at=starts_at.isoformat()
    )
    assert answer.status_code == 303
    with db.transaction(session_factory) as session:
        assert session.get_one(ScheduledProcedureStep, stat).starts_at == starts_at
        assert session.get_one(ScheduledProcedureStep, routine).status is StepStatus.UNSCHEDULED


def test_nothing_chosen_changes_nothing(
    signed_in: SignIn, session_factory: db.SessionFactory, exams: tuple[int, int]
) -> None:
    routine, stat = exams
    client, page = signed_in(UserRole.FRONT_DESK), f"/exams/{stat}/displacing"
    answer = web.submit(client, page, page, starts_at="soon")
    assert answer.status_code == 422
    assert "Choose one of the ways shown." in answer.text
    with db.transaction(session_factory) as session:
        assert session.get_one(ScheduledProcedureStep, routine).status is StepStatus.SCHEDULED


def test_who_may_not_book_moves_nobody(signed_in: SignIn, exams: tuple[int, int]) -> None:
    client = signed_in(UserRole.RADIOLOGIST)
    assert client.get(f"/exams/{exams[1]}/displacing").status_code == 403


def test_a_patient_who_would_come_sooner_is_put_on_the_list(
    signed_in: SignIn, exams: tuple[int, int]
) -> None:
    client, page = signed_in(UserRole.FRONT_DESK), f"/exams/{exams[0]}"
    assert "Would come sooner" in client.get(page).text
    web.submit(client, f"/waiting/exams/{exams[0]}", page)
    assert "Procedure LONG" in client.get("/waiting").text
