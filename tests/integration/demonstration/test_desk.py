"""The desk of the demonstration makes room for a STAT exam that would begin too late."""

import pytest
from sqlalchemy.orm import Session

from tests.support.department import (
    NOW,
    make_exam,
)
from tests.support.full_scanner import MINUTES, booked, make_day_scanner, stat
from worklist.catalogue.models import Room
from worklist.simulator import desk
from worklist.vocabulary import Priority


@pytest.fixture
def room(session: Session) -> Room:
    return make_day_scanner(session)


def test_a_late_stat_exam_takes_the_place_of_one_that_gets_another(
    session: Session, room: Room
) -> None:
    routine = [booked(session, room, 30 * number) for number in range(4)]
    exam = stat(session)
    first, moved = desk.place(session, exam.id, now=NOW)
    assert first is exam
    assert exam.starts_at is not None
    assert exam.starts_at <= NOW + 60 * MINUTES
    assert moved in routine
    assert moved.starts_at is not None
    assert moved.starts_at > NOW + 90 * MINUTES


def test_nobody_moves_where_it_is_in_time_or_others_are_as_urgent(
    session: Session, room: Room
) -> None:
    booked(session, room, 0)
    assert len(desk.place(session, stat(session).id, now=NOW)) == 1
    for minutes in (60, 90):
        booked(session, room, minutes, Priority.STAT)
    assert len(desk.place(session, make_exam(session).id, now=NOW)) == 1
