"""Many workers, few slots: the database lets each have one, and nobody gets two."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from threading import Barrier

from sqlalchemy import select

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
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
    barrier = Barrier(WORKERS)

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
    barrier = Barrier(WORKERS)

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
