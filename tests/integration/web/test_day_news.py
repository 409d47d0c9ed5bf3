"""News of exams on an open day board: only what changed is drawn again."""

import re
from datetime import datetime, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.support import web
from tests.support.department import ACTOR, NOW, make_exam, make_procedure, make_room, make_site
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Room
from worklist.scheduling import service as scheduling

TEN = NOW + timedelta(hours=1)
SEVEN = "2026-11-24T07:00:00+00:00"  # the first row of a board that opens at eight


@pytest.fixture
def rooms(session_factory: db.SessionFactory) -> dict[str, int]:
    """Two CT rooms and an MR, by their codes."""
    with db.transaction(session_factory) as session:
        site = make_site(session)
        for code, modality in (("CT01", "CT"), ("CT02", "CT"), ("MR01", "MR")):
            make_room(session, site, code, modality=modality, opens=time(8), closes=time(17))
        make_procedure(session)
        found = session.scalars(select(Room).order_by(Room.id))
        return {room.code: room.id for room in found}


@pytest.fixture
def desk(signed_in: SignIn) -> FlaskClient:
    return signed_in(UserRole.FRONT_DESK)


def booked(sessions: db.SessionFactory, room_id: int, starts_at: datetime = TEN) -> int:
    with db.transaction(sessions) as session:
        exam = make_exam(session)
        scheduling.book(session, exam, room_id=room_id, starts_at=starts_at, actor=ACTOR, now=NOW)
        return exam.id


def ask(client: FlaskClient, exam: int, columns: object, **more: object) -> TestResponse:
    """Ask as a board with these columns does that hears of an exam."""
    shown = ",".join(map(str, columns)) if isinstance(columns, (list, tuple)) else columns
    query = {"exams": exam, "columns": shown, "start": SEVEN, "rows": 132} | more
    return client.get("/day/cells", query_string=query)


def drawn(answer: TestResponse) -> set[str]:
    """Return what the answer draws again, by where it goes."""
    assert answer.status_code == 200
    return set(re.findall(r'hx-target="#([\w-]+)"', answer.text))


def test_the_columns_that_an_exam_was_and_is_in_are_drawn_again(
    desk: FlaskClient, session_factory: db.SessionFactory, rooms: dict[str, int]
) -> None:
    exam = booked(session_factory, rooms["CT02"])
    first, second = rooms["CT01"], rooms["CT02"]
    answer = ask(desk, exam, [*rooms.values()], at=first)
    assert drawn(answer) == {
        f"room-{first}",
        f"held-{first}",
        f"room-{second}",
        f"held-{second}",
        "counted",
    }
    # 10:00 is row 37 of a board that begins at 07:00; 15 minutes are three rows.
    assert f'id="exam-{exam}" class="exam middle is-scheduled at-37 for-3' in answer.text
    assert "1 exam, 3 rooms." in answer.text


def test_a_column_is_drawn_as_on_the_whole_board(
    desk: FlaskClient, session_factory: db.SessionFactory, rooms: dict[str, int]
) -> None:
    exam = booked(session_factory, rooms["CT01"])
    column = re.compile(
        rf'<div id="room-{rooms["CT01"]}".*?</article>\s*(<div class="now.*?</div>)?\s*</div>',
        re.DOTALL,
    )
    board, cells = desk.get("/day").text, ask(desk, exam, [*rooms.values()]).text
    whole, part = column.search(board), column.search(cells)
    assert whole
    assert part
    assert whole[0] == part[0]


@pytest.mark.parametrize("days", [-7, 1])
def test_an_exam_of_another_day_changes_nothing(
    desk: FlaskClient, session_factory: db.SessionFactory, rooms: dict[str, int], days: int
) -> None:
    exam = booked(session_factory, rooms["CT01"], TEN + timedelta(days=abs(days)))
    answer = ask(desk, exam, [*rooms.values()])
    assert answer.status_code == 204
    assert "HX-Trigger" not in answer.headers


def test_an_exam_at_another_site_changes_nothing(
    desk: FlaskClient, session_factory: db.SessionFactory, rooms: dict[str, int]
) -> None:
    with db.transaction(session_factory) as session:
        east = make_site(session, "EAST")
        other = make_room(session, east, "CT09", opens=time(8), closes=time(17)).id
    exam = booked(session_factory, other)
    assert ask(desk, exam, [*rooms.values()]).status_code == 204
    assert drawn(ask(desk, exam, [other], site="EAST")) >= {f"room-{other}"}


def test_an_exam_without_a_slot_is_drawn_in_the_tray(
    desk: FlaskClient, session_factory: db.SessionFactory, rooms: dict[str, int]
) -> None:
    with db.transaction(session_factory) as session:
        exam = make_exam(session).id
    answer = ask(desk, exam, [*rooms.values()])
    assert drawn(answer) == {"tray", "counted"}
    assert f'<li id="exam-{exam}"' in answer.text
    assert ask(desk, exam, [*rooms.values()], modality="MR").status_code == 204


def test_one_that_has_left_the_tray_is_taken_off(
    desk: FlaskClient, session_factory: db.SessionFactory, rooms: dict[str, int]
) -> None:
    exam = booked(session_factory, rooms["CT01"])
    answer = ask(desk, exam, [*rooms.values()], tray=1)
    assert {"tray", f"room-{rooms['CT01']}"} <= drawn(answer)
    assert f'<li id="exam-{exam}"' not in answer.text


@pytest.mark.parametrize(
    "said",
    [
        {"start": "07:00"},
        {"start": "2026-11-24T07:00"},
        {"start": "2026-11-23T07:00:00+00:00"},
        {"rows": "many"},
        {"rows": 0},
        {"columns": "CT01"},
        {"exams": ",".join(map(str, range(1, 62)))},
    ],
)
def test_a_board_that_does_not_say_what_it_shows_looks_at_everything_again(
    desk: FlaskClient,
    session_factory: db.SessionFactory,
    rooms: dict[str, int],
    said: dict[str, object],
) -> None:
    exam = booked(session_factory, rooms["CT01"])
    answer = ask(desk, exam, said.pop("columns", [*rooms.values()]), **said)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (204, "again")


def test_a_board_without_the_column_that_an_exam_needs_looks_at_everything_again(
    desk: FlaskClient, session_factory: db.SessionFactory, rooms: dict[str, int]
) -> None:
    exam = booked(session_factory, rooms["CT02"])
    answer = ask(desk, exam, [rooms["CT01"]])
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (204, "again")
    # Where the page has chosen other rooms, it needs none.
    assert "HX-Trigger" not in ask(desk, exam, [rooms["CT01"]], rooms="CT01").headers


def test_news_costs_few_statements_and_news_of_others_the_fewest(
    desk: FlaskClient, session_factory: db.SessionFactory, rooms: dict[str, int]
) -> None:
    here = booked(session_factory, rooms["CT01"])
    elsewhere = booked(session_factory, rooms["CT01"], TEN + timedelta(days=1))
    ask(desk, here, [*rooms.values()])  # the process reads the catalogue once
    with web.statements(desk) as drawn_again:
        ask(desk, here, [*rooms.values()])
    with web.statements(desk) as nothing:
        ask(desk, elsewhere, [*rooms.values()])
    assert len(drawn_again) <= 9
    assert len(nothing) <= 4
