"""An exam that runs late warns on every page that shows the next one."""

from datetime import time, timedelta

import pytest

from tests.support.department import ACTOR, NOW, make_exam, make_procedure, make_room, make_site
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders import service as orders
from worklist.performing import service as performing
from worklist.scheduling import running
from worklist.scheduling import service as scheduling


@pytest.fixture
def pushed(session_factory: db.SessionFactory) -> int:
    """An exam at 09:10, which one that began at 08:30 pushes: it is still in the room at 09:00.

    The room is made ready for 20 minutes, so that the next one is expected at 09:20.
    """
    with db.transaction(session_factory) as session:
        room = make_room(
            session, make_site(session), "CT01", opens=time(8), closes=time(17), turnover_minutes=20
        )
        make_procedure(session)
        early = NOW - timedelta(hours=1)
        first, second = make_exam(session, now=early), make_exam(session, now=early)
        for exam, start in ((first, -30), (second, 10)):
            starts_at = NOW + timedelta(minutes=start)
            scheduling.book(
                session, exam, room_id=room.id, starts_at=starts_at, actor=ACTOR, now=early
            )
        performing.start(session, first, actor=ACTOR, now=NOW - timedelta(minutes=30))
        assert running.note_delays(session, actor=ACTOR, now=NOW) == 1
        return second.id


@pytest.mark.parametrize(
    ("role", "address", "told"),
    [
        (UserRole.FRONT_DESK, "/day", "→ 09:20"),
        (UserRole.FRONT_DESK, "/arrivals", "→ 09:20"),
        (UserRole.FRONT_DESK, "/exams/{}", "about 09:20: the exam before it in this room"),
        (UserRole.TECHNOLOGIST, "/rooms", "begins about 10 min later"),
        (UserRole.TECHNOLOGIST, "/rooms/CT01", "begins about 10 min later"),
    ],
)
def test_the_next_exam_shows_when_it_is_expected(
    signed_in: SignIn, pushed: int, *, role: UserRole, address: str, told: str
) -> None:
    assert told in signed_in(role).get(address.format(pushed)).text


def test_the_warning_goes_with_the_delay(
    signed_in: SignIn, session_factory: db.SessionFactory, pushed: int
) -> None:
    with db.transaction(session_factory) as session:
        scheduling.unschedule(
            session,
            orders.get_exam(session, pushed),
            reason="Another day",
            actor=ACTOR,
            now=NOW,
        )
    page = signed_in(UserRole.FRONT_DESK).get(f"/exams/{pushed}").text
    assert "the exam before it in this room" not in page
