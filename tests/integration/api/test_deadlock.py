"""Two who wait for each other while an exam without a slot gets one: nothing is half done."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, text

from config import Settings
from tests.support.api import Program
from tests.support.department import make_exam
from workers import context, scheduling
from worklist import db
from worklist.catalogue.models import Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling import booking
from worklist.scheduling.models import Placement, Reservation

pytestmark = pytest.mark.usefixtures("department")

_LOCKED = text("SELECT id FROM scheduled_procedure_steps WHERE id = :exam_id FOR UPDATE")
_WAITS = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    """An exam that nothing keeps from CT01."""
    with db.transaction(session_factory) as session:
        return make_exam(session).id


@pytest.fixture
def room_id(session_factory: db.SessionFactory, exam_id: int) -> int:
    assert exam_id
    with session_factory() as session:
        return session.scalars(select(Room.id)).one()


def deadlocked(engine: Engine, exam_id: int, room_id: int, book: Callable[[], Any]) -> Any:
    """Have ``book`` wait for the room's queue, and its holder for the exam that it has locked.

    PostgreSQL ends whoever has waited for a second: ``book``, since its holder waits for longer.
    """
    with engine.connect() as holder, ThreadPoolExecutor(1) as pool:
        holder.execute(text("SET LOCAL deadlock_timeout = '1min'"))
        (key,) = booking._keys([], [room_id])
        holder.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
        doing = pool.submit(book)
        _until_it_waits(holder)
        holder.execute(_LOCKED, {"exam_id": exam_id})
        holder.rollback()
        return doing.result()


def _until_it_waits(connection: Connection) -> None:
    until = time.monotonic() + 30
    while not connection.scalar(_WAITS):
        assert time.monotonic() < until, "nobody waits for the room"
        time.sleep(0.02)


def test_a_request_is_told_to_try_again_and_has_changed_nothing(
    desk: Program,
    database_engine: Engine,
    session_factory: db.SessionFactory,
    exam_id: int,
    room_id: int,
) -> None:
    wanted = {"room_id": room_id, "starts_at": "2026-11-24T09:00:00Z"}
    deadlocked(
        database_engine,
        exam_id,
        room_id,
        lambda: desk.post(f"/exams/{exam_id}/book", wanted, status=503),
    )
    with session_factory() as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        assert exam.status is StepStatus.UNSCHEDULED
        assert not session.scalars(select(Reservation.id)).all()
        assert not session.scalars(select(Placement.id)).all()
    booked = desk.post(f"/exams/{exam_id}/book", wanted)
    assert booked["status"] == "SCHEDULED"


@pytest.fixture
def _worker(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process as one that runs tasks."""
    monkeypatch.setattr(context, "_of_process", {})
    context.use(Settings.read({"WORKLIST_DATABASE_URL": database}))
    yield
    context.sessions().kw["bind"].dispose()


@pytest.mark.usefixtures("_worker")
def test_a_worker_tries_again_at_once(
    database_engine: Engine,
    session_factory: db.SessionFactory,
    exam_id: int,
    room_id: int,
) -> None:
    done = deadlocked(
        database_engine, exam_id, room_id, lambda: scheduling.place.apply(args=[exam_id])
    )
    assert done.successful()
    with session_factory() as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        assert exam.status is StepStatus.SCHEDULED
        assert len(session.scalars(select(Placement.id)).all()) == 1
