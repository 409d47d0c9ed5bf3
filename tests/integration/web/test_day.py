"""The day board: what is on it, where, and with how many queries."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
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
from worklist.catalogue.models import Block, Closure, Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling import placement
from worklist.scheduling import service as scheduling
from worklist.vocabulary import Contrast, PatientClass, Priority

DASH = "\N{EN DASH}"
TEN = NOW + timedelta(hours=1)


@pytest.fixture
def department(session_factory: db.SessionFactory) -> None:
    """Two CT rooms open from eight to five, an MR that is never open, one procedure."""
    with db.transaction(session_factory) as session:
        site = make_site(session)
        for code in ("CT01", "CT02"):
            room = make_room(session, site, code, opens=time(8), closes=time(17))
            room.turnover_minutes = 5
        make_room(session, site, "MR01", modality="MR", opens=time(8), closes=time(17))
        make_procedure(session)


def book(
    sessions: db.SessionFactory, room: str, starts_at: datetime, **fields: Any
) -> ScheduledProcedureStep:
    with db.transaction(sessions) as session:
        exam = make_exam(session, **fields)
        found = next(one for one in rooms(session) if one.code == room)
        scheduling.book(session, exam, room_id=found.id, starts_at=starts_at, actor=ACTOR, now=NOW)
        return exam


def rooms(session: Session) -> Sequence[Room]:
    return session.scalars(select(Room).order_by(Room.id)).all()


def card(page: str, exam: ScheduledProcedureStep) -> str:
    found = re.search(rf'<(article|li) id="exam-{exam.id}".*?</\1>', page, re.DOTALL)
    assert found, f"no card of exam {exam.id}"
    return found[0]


@pytest.mark.usefixtures("department")
def test_an_exam_is_a_card_in_its_rooms_column(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    exam = book(session_factory, "CT02", TEN)
    page = signed_in(UserRole.FRONT_DESK).get("/day").text
    shown = card(page, exam)
    # Shown from 07:00, an hour before opening: 10:00 is row 37; 15 minutes are three rows.
    assert "at-37 for-3" in shown
    assert "ROE, RICHARD" in shown
    assert f"10:00{DASH}10:15" in shown
    second = page.index('data-code="CT02"')
    assert second < page.index(f'id="exam-{exam.id}"') < page.index('data-code="MR01"')
    assert "turnover at-40 for-1" in page


@pytest.mark.usefixtures("department")
def test_contrast_class_and_urgency_are_words(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session, "71260", contrast=Contrast.MICROBUBBLES)
    exam = book(
        session_factory,
        "CT01",
        TEN,
        procedure="71260",
        priority=Priority.STAT,
        patient_class=PatientClass.INPATIENT,
        current_location="W3",
    )
    shown = card(signed_in(UserRole.FRONT_DESK).get("/day").text, exam)
    assert "STAT" in re.sub("<[^>]+>", "", shown)
    assert 'title="Contrast: microbubbles">C+<' in shown
    assert 'title="Inpatient, W3">IP<' in shown


@pytest.mark.usefixtures("department")
@pytest.mark.parametrize(("minutes", "marks"), [(9, 0), (10, 1)])
def test_whoever_has_not_come_after_ten_minutes_is_marked(
    signed_in: SignIn, session_factory: db.SessionFactory, minutes: int, marks: int
) -> None:
    exam = book(session_factory, "CT01", NOW)
    with db.transaction(session_factory) as session:
        late = session.get_one(ScheduledProcedureStep, exam.id)
        late.starts_at = NOW - timedelta(minutes=minutes)
        late.ends_at = NOW + timedelta(minutes=30)
    shown = card(signed_in(UserRole.FRONT_DESK).get("/day").text, exam)
    assert shown.count("Has not come") == marks


@pytest.mark.usefixtures("department")
def test_the_tray_has_what_waits_most_urgent_first_with_the_reason(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session, "NOROOM", modality="XA")
        routine = make_exam(session, priority=Priority.ROUTINE)
        stat = make_exam(session, priority=Priority.STAT, procedure="NOROOM")
        placement.place(session, stat.id, actor=ACTOR, now=NOW)
    page = signed_in(UserRole.FRONT_DESK).get("/day").text
    assert "No room in use does XA." in card(page, stat)
    assert page.index(f'id="exam-{stat.id}"') < page.index(f'id="exam-{routine.id}"')


@pytest.mark.usefixtures("department")
def test_the_board_takes_the_same_queries_for_one_exam_and_for_sixty(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    book(session_factory, "CT01", TEN)
    client.get("/day")
    with web.statements(client) as few:
        client.get("/day")
    with db.transaction(session_factory) as session:
        numbers = [room.id for room in rooms(session)]
        for step in range(59):
            exam = make_exam(session)
            exam.room_id = numbers[step % 2]
            exam.starts_at = TEN + timedelta(minutes=20 * (step // 2))
            exam.ends_at = exam.starts_at + timedelta(minutes=15)
            exam.status = StepStatus.SCHEDULED
    with web.statements(client) as many:
        page = client.get("/day").text
    assert page.count("<article") >= 40
    assert len(many) == len(few) <= 10
    about_exams = [one for one in many if "FROM scheduled_procedure_steps" in one]
    assert len(about_exams) == 2, "one for the board, one for the tray"


@pytest.mark.usefixtures("department")
def test_the_modality_and_the_day_stay_in_the_address(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    book(session_factory, "CT01", TEN)
    client = signed_in(UserRole.FRONT_DESK)
    only = client.get("/day?modality=MR&day=2026-11-24").text
    assert 'data-code="MR01"' in only
    assert 'data-code="CT01"' not in only
    assert "/day?modality=MR&amp;day=2026-11-25" in only
    assert 'hx-get="/day/board?modality=MR&amp;day=2026-11-24"' in only


@pytest.mark.usefixtures("department")
def test_closures_and_blocks_are_shaded_and_told(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        first, second, _ = rooms(session)
        session.add(
            Closure(
                resource_id=first.id,
                during=Range(TEN, TEN + timedelta(hours=2)),
                reason="Tube replaced",
            )
        )
        session.add(
            Block(
                resource_id=second.id,
                during=Range(TEN, TEN + timedelta(hours=1)),
                purpose="screening",
            )
        )
    page = signed_in(UserRole.FRONT_DESK).get("/day").text
    assert f'"veil closure at-37 for-24" title="10:00{DASH}12:00, closure: Tube replaced"' in page
    assert f'"veil block at-37 for-12" title="10:00{DASH}11:00, block: screening"' in page


@pytest.mark.usefixtures("department")
def test_a_day_on_which_nothing_is_open_says_so(signed_in: SignIn) -> None:
    page = signed_in(UserRole.FRONT_DESK).get("/day?day=2026-11-24&modality=PT").text
    assert "No room for PT is open" in page
    assert "Every order has its slot." in page


@pytest.mark.usefixtures("department")
@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("tomorrow", "is not a day: write it as 2026-11-25"),
        ("9999-12-31", "There is no calendar for 9999-12-31"),
        ("0001-01-01", "There is no calendar for 0001-01-01"),
    ],
)
def test_a_day_that_is_none_is_refused_in_words(signed_in: SignIn, day: str, text: str) -> None:
    answer = signed_in(UserRole.FRONT_DESK).get(f"/day?day={day}")
    assert answer.status_code == 422
    assert text in answer.text


@pytest.mark.usefixtures("department")
def test_a_dragged_card_is_told_which_rooms_may_take_it(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        heavy = make_procedure(session, "INJ", required_capabilities=["iodinated_contrast"])
        heavy.duration_minutes = 25
        first, second, other = rooms(session)
        second.capabilities = ["shielded"]
        exam = make_exam(session, procedure="INJ")
    told = signed_in(UserRole.FRONT_DESK).get(f"/day/candidates/{exam.id}").json
    assert told is not None
    assert told["minutes"] == 25
    assert told["refused"] == ""
    assert told["rooms"][str(first.id)] == ""
    assert "does not have a contrast injector" in told["rooms"][str(second.id)]
    assert str(other.id) not in told["rooms"]
    assert told["others"] == "This room does not do CT."


@pytest.mark.usefixtures("department")
def test_a_drop_books_and_a_taken_slot_gives_fresh_ones(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    with db.transaction(session_factory) as session:
        first = rooms(session)[0]
        exam, rival = make_exam(session), make_exam(session, patient=make_patient(session))
    fields: dict[str, Any] = {
        "room_id": first.id,
        "starts_at": TEN.isoformat(),
        "version": 1,
    }
    booked = web.submit(client, "/day/place", "/day", htmx=True, exam_id=exam.id, **fields)
    assert booked.status_code == 204
    assert "Booked: CT01, 10:00." in booked.headers["HX-Trigger"]
    taken = web.submit(client, "/day/place", "/day", htmx=True, exam_id=rival.id, **fields)
    assert taken.status_code == 409
    assert taken.headers["HX-Retarget"] == "#dialog-content"
    assert "is not free then" in taken.text
    assert (TEN + timedelta(minutes=30)).astimezone(UTC).isoformat() in taken.text
    plain = web.submit(
        client, "/day/place", "/day", exam_id=rival.id, **fields | {"starts_at": "2026-11-24T11:00"}
    )
    assert (plain.status_code, plain.location) == (303, "/day")


@pytest.mark.usefixtures("department")
def test_who_may_not_book_sees_the_day_but_cannot_drop(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    exam = book(session_factory, "CT01", TEN)
    client = signed_in(UserRole.RADIOLOGIST)
    page = client.get("/day").text
    assert "data-exam" not in card(page, exam)
    assert client.get(f"/day/candidates/{exam.id}").status_code == 403


def test_rooms_are_chosen_in_the_address(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        site = make_site(session, "EAST")
        for code in ("DX01", "DX02", "DX03"):
            make_room(session, site, code, modality="DX")
    page = signed_in(UserRole.FRONT_DESK).get("/day?site=EAST&rooms=DX01,DX03").text
    assert 'data-code="DX01"' in page
    assert 'data-code="DX02"' not in page
    assert "rooms-2" in page
    assert "Rooms: 2" in page
