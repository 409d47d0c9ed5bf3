"""Many workers, few slots: the database lets each have one, and nobody gets two."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from threading import Barrier

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_site,
)
from worklist import db
from worklist.errors import DomainError
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling import service
from worklist.scheduling.models import PlacementOutcome
from worklist.scheduling.placement import place
from worklist.vocabulary import Priority

WORKERS = 20
VISITS = 6
_PATIENCE = 120  # seconds until a thread that failed fails the others, who wait for it


def prepared(
    url: str, opens: time = time(0), closes: time = time(0)
) -> tuple[db.SessionFactory, list[int], int]:
    factory = db.make_session_factory(db.make_engine(url, pool_size=WORKERS))
    with db.transaction(factory) as session:
        room = make_room(session, make_site(session), "CT01", opens=opens, closes=closes)
        make_procedure(session, duration_minutes=15)
        exams = [make_exam(session, priority=Priority.STAT).id for _ in range(WORKERS)]
        return factory, exams, room.id


def test_twenty_hands_on_one_slot(database: str) -> None:
    factory, exams, room_id = prepared(database)
    barrier = Barrier(WORKERS, timeout=_PATIENCE)

    def book(exam_id: int) -> str:
        with factory() as session:
            exam = orders.get_exam(session, exam_id)
            barrier.wait()
            try:
                service.book(
                    session,
                    exam,
                    room_id=room_id,
                    starts_at=NOW + timedelta(hours=1),
                    actor=ACTOR,
                    now=NOW,
                )
            except DomainError as error:
                session.rollback()
                return type(error).__name__
            session.commit()
            return "booked"

    with ThreadPoolExecutor(WORKERS) as pool:
        outcomes = list(pool.map(book, exams))
    assert outcomes.count("booked") == 1
    assert outcomes.count("SlotTakenError") == WORKERS - 1
    factory.kw["bind"].dispose()


def test_twenty_workers_each_get_their_next_candidate(database: str) -> None:
    # Ten slots of 15 minutes from 09:00 to 11:30, every day: ten today, ten tomorrow.
    factory, exams, _ = prepared(database, opens=time(9), closes=time(11, 30))
    barrier = Barrier(WORKERS, timeout=_PATIENCE)

    def run(exam_id: int) -> PlacementOutcome:
        barrier.wait()
        with db.transaction(factory) as session:
            made = place(session, exam_id, actor=ACTOR, now=NOW)
            assert made is not None
            return made.outcome

    with ThreadPoolExecutor(WORKERS) as pool:
        outcomes = set(pool.map(run, exams))
    assert outcomes == {PlacementOutcome.PLACED}
    with factory() as session:
        starts = session.scalars(
            select(ScheduledProcedureStep.starts_at).where(
                ScheduledProcedureStep.status == StepStatus.SCHEDULED
            )
        ).all()
    slots = [NOW + timedelta(days=day, minutes=15 * step) for day in (0, 1) for step in range(10)]
    assert sorted(start for start in starts if start) == slots
    factory.kw["bind"].dispose()


def test_nobody_waits_for_another_room(database: str) -> None:
    factory = db.make_session_factory(db.make_engine(database))
    with db.transaction(factory) as session:
        site = make_site(session)
        rooms = [make_room(session, site, code).id for code in ("CT01", "CT02")]
        make_procedure(session)
        exams = [make_exam(session).id for _ in rooms]

    def book(session: Session, number: int) -> None:
        exam, at = orders.get_exam(session, exams[number]), NOW + timedelta(hours=1)
        service.book(session, exam, room_id=rooms[number], starts_at=at, actor=ACTOR, now=NOW)

    with db.transaction(factory) as first, db.transaction(factory) as second:
        second.execute(text("SET LOCAL lock_timeout = '1s'"))
        book(first, 0)  # and is not committed
        book(second, 1)
    factory.kw["bind"].dispose()


def test_visits_in_opposite_directions_never_wait_for_each_other(database: str) -> None:
    factory = db.make_session_factory(db.make_engine(database, pool_size=WORKERS))
    with db.transaction(factory) as session:
        site = make_site(session)
        scanner = make_room(session, site, "CT01").id
        probe = make_room(session, site, "US01", modality="US").id
        make_procedure(session, duration_minutes=15)
        make_procedure(session, "76700", modality="US", body_part="ABDOMEN", ionising=False)
        visits = []
        for number in range(VISITS):
            patient = make_patient(session)
            first = NOW + timedelta(hours=1 + 2 * number)
            stops = [
                (make_exam(session, patient=patient).id, (scanner, first)),
                (
                    make_exam(session, patient=patient, procedure="76700").id,
                    (probe, first + timedelta(hours=1)),
                ),
            ]
            visits.append(stops[::-1] if number % 2 else stops)
    barrier = Barrier(VISITS, timeout=_PATIENCE)

    def book(stops: list[tuple[int, tuple[int, datetime]]]) -> int:
        with db.transaction(factory) as session:
            exams = [orders.get_exam(session, exam_id) for exam_id, _ in stops]
            barrier.wait()
            places = [place for _, place in stops]
            return len(service.book_visit(session, exams, places, actor=ACTOR, now=NOW))

    with ThreadPoolExecutor(VISITS) as pool:
        assert list(pool.map(book, visits)) == [2] * VISITS
    factory.kw["bind"].dispose()
