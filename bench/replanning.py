"""A scanner fails in the morning: 40 of 250 booked exams must leave it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

import worklist.tables  # noqa: F401 - a flush follows foreign keys to every table
from bench import servers
from bench.measure import Table
from tests.support.department import make_exam, make_procedure, make_room, make_site
from worklist import db
from worklist.catalogue.models import Room
from worklist.scheduling import closing, service
from worklist.scheduling.intervals import Interval
from worklist.scheduling.replanning import service as replanning
from worklist.vocabulary import PatientClass, Priority

TITLE = "Re-plan of a failed scanner's day"

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
_ROOMS = {"CT": 7, "MR": 5}
_EXAMS_A_ROOM = {"CT": 26, "MR": 14}
_DISPLACED = 40
_SHARE_OF_ASAP = 4


def run() -> Iterator[Table]:
    """Book the day, close one CT for two days, and propose."""
    with servers.database() as url:
        engine = db.make_engine(url)
        factory = db.make_session_factory(engine)
        with db.transaction(factory) as session:
            rooms = _department(session)
            booked = sum(_book(session, room) for room in rooms)
            booked += _book(session, rooms[0], days=1, most=_DISPLACED - _EXAMS_A_ROOM["CT"])
        with db.transaction(factory) as session:
            during = Interval(NOW, NOW + timedelta(days=2))
            left = closing.close(session, rooms[0].id, during, "Broken", actor="bench", now=NOW)
        with db.transaction(factory) as session:
            started = time.perf_counter()
            made = replanning.propose(session, reason="Bench.", actor="bench", now=NOW)
            seconds = time.perf_counter() - started
            placed = 0 if made is None else sum(one.room_after_id is not None for one in made.moves)
            calls = 0 if made is None else sum(one.must_call for one in made.moves)
            moves = 0 if made is None else len(made.moves)
        with db.transaction(factory) as session:
            started = time.perf_counter()
            if made is not None:
                replanning.apply(session, made.id, actor="bench", now=NOW)
            applied = time.perf_counter() - started
        engine.dispose()
    yield Table(
        (
            "booked",
            "displaced",
            "moved",
            "with a new place",
            "to call",
            "proposed in",
            "applied in",
        ),
        [(booked, len(left), moves, placed, calls, f"{seconds:.1f} s", f"{applied:.1f} s")],
        "Target: a proposal within 5 s; the solver may think for 3 s.",
    )


def _department(session: Session) -> list[Room]:
    site = make_site(session)
    make_procedure(session, duration_minutes=20)
    make_procedure(session, "70551", modality="MR", ionising=False, duration_minutes=35)
    return [
        make_room(
            session, site, f"{modality}{number + 1:02d}", modality=modality, turnover_minutes=5
        )
        for modality, count in _ROOMS.items()
        for number in range(count)
    ]


def _book(session: Session, room: Room, *, days: int = 0, most: int = 1000) -> int:
    """Fill the room's day from 07:00 with a gap after every sixth exam; return how many."""
    modality = room.modalities[0]
    step = timedelta(minutes=25 if modality == "CT" else 40)
    number = min(most, _EXAMS_A_ROOM[modality])
    for index in range(number):
        exam = make_exam(
            session,
            procedure="71250" if modality == "CT" else "70551",
            priority=Priority.ASAP if index % _SHARE_OF_ASAP == 0 else Priority.ROUTINE,
            patient_class=PatientClass.OUTPATIENT,
            now=NOW - timedelta(days=3),
        )
        starts_at = NOW + timedelta(days=days, hours=1) + (index + index // 6) * step
        service.book(
            session,
            exam,
            room_id=room.id,
            starts_at=starts_at,
            actor="bench",
            now=NOW - timedelta(days=2),
        )
    return number
