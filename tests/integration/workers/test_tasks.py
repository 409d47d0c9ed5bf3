"""Celery tasks over a real broker: nudges get there, and sweeps find what was not nudged."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import redis
from celery.contrib.testing.worker import start_worker
from sqlalchemy import func, select

from config import Settings
from tests.support.department import make_exam
from tests.support.inbox import Inbox, exam_of, furnish
from tests.support.live import Nowhere
from tests.support.messages import order
from tests.support.outbound import make_peer
from tests.support.receiver import receiver
from tests.support.stack import wait_until
from workers import app as workers
from workers import context, hl7, outbox, reading, scheduling
from worklist import db, news, nudge
from worklist.audit.announced import ANNOUNCE_TASK
from worklist.clock import system_clock
from worklist.errors import ConflictError
from worklist.hl7.models import InboundMessage, InboxState
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.models import Peer
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.rulebook import queries as rules
from worklist.rulebook import service as rulebook
from worklist.scheduling import placement
from worklist.scheduling.models import Reservation

QUEUE = "celery"


@pytest.fixture
def broker(
    database: str, empty_redis: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[redis.Redis]:
    """This process as one that sends nudges and runs tasks, and a look into its broker.

    A nudge waits for a busy machine here: elsewhere it is given up and found by a sweep.
    """
    monkeypatch.setattr(workers, "_NUDGE_TIMEOUT_SECONDS", 30)
    monkeypatch.setattr(workers, "_BROKER_TIMEOUT_SECONDS", 30)
    settings = Settings.read({"WORKLIST_DATABASE_URL": database, "WORKLIST_REDIS_URL": empty_redis})
    workers.install_nudges(settings)
    with redis.Redis.from_url(empty_redis, decode_responses=True) as client:
        yield client
    nudge.use(Nowhere())
    context.sessions().kw["bind"].dispose()


@pytest.fixture
def department(session_factory: db.SessionFactory) -> db.SessionFactory:
    with db.transaction(session_factory) as session:
        furnish(session)
    return session_factory


def _queued(broker: redis.Redis) -> list[tuple[str, list[int]]]:
    """Return the tasks that wait in the broker, oldest first, without what is told to others."""
    waiting = [_read(str(raw)) for raw in reversed(broker.lrange(QUEUE, 0, -1))]
    return [task for task in waiting if task[0] != ANNOUNCE_TASK]


def _read(raw: str) -> tuple[str, list[int]]:
    """Read a task's name and arguments (Celery's message protocol 2)."""
    message = json.loads(raw)
    arguments: list[int] = json.loads(base64.b64decode(message["body"]))[0]
    return message["headers"]["task"], arguments


@contextmanager
def _broker_gone() -> Iterator[None]:
    """Nudges are lost, as while Redis is down."""
    kept, nudge._transport = nudge._transport, Nowhere()
    try:
        yield
    finally:
        nudge._transport = kept


def _run(broker: redis.Redis) -> None:
    """Do what waits in the broker, one task after the other, as a worker does."""
    while raw := broker.rpop(QUEUE):
        name, arguments = _read(str(raw))
        workers.app.tasks[name](*arguments)


def _receive(sessions: db.SessionFactory, *raws: bytes) -> list[int]:
    inbox = Inbox(sessions, now=system_clock())
    for raw in raws:
        inbox.receive(raw)
    return [message.id for message in inbox.messages()]


@pytest.mark.usefixtures("broker")
def test_every_sweep_is_a_task_and_does_not_pile_up() -> None:
    workers.app.loader.import_default_modules()
    schedule = workers.app.conf.beat_schedule
    assert {entry["task"] for entry in schedule.values()} <= set(workers.app.tasks)
    sweeps = [entry for entry in schedule.values() if entry["task"].endswith(".sweep")]
    assert len(sweeps) >= 4
    for entry in sweeps:
        assert entry["options"]["expires"] == entry["schedule"].total_seconds()


@pytest.mark.usefixtures("broker")
def test_tasks_are_acknowledged_late_and_named_by_module_and_verb() -> None:
    assert workers.app.conf.task_acks_late
    assert workers.app.conf.task_reject_on_worker_lost
    ours = [name for name in workers.app.tasks if not name.startswith("celery.")]
    assert len(ours) >= 6
    for name in ours:
        top, module, verb = name.split(".")
        assert top == "workers"
        assert workers.app.tasks[name].__module__ == f"workers.{module}"
        assert workers.app.tasks[name].__name__ == verb


def test_a_committed_message_is_nudged_and_its_exam_placed_at_once(
    broker: redis.Redis, department: db.SessionFactory
) -> None:
    (message_id,) = _receive(department, order("1"))
    assert _queued(broker) == [("workers.hl7.process", [message_id])]
    broker.delete(QUEUE)
    hl7.process(message_id)
    assert _queued(broker) == []
    with department() as session:
        assert exam_of(session, "1").status is StepStatus.SCHEDULED


def test_an_exam_that_meets_another_change_is_placed_later(
    broker: redis.Redis, department: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meet(*_: object, **__: object) -> None:
        raise ConflictError("changed meanwhile")

    (message_id,) = _receive(department, order("1"))
    broker.delete(QUEUE)
    monkeypatch.setattr(placement, "place", meet)
    hl7.process(message_id)
    with department() as session:
        exam = exam_of(session, "1")
    assert _queued(broker) == [("workers.scheduling.place", [exam.id])]


def test_nothing_is_nudged_when_nothing_is_committed(
    broker: redis.Redis, department: db.SessionFactory
) -> None:
    with department() as session:
        nudge.task(session, "workers.hl7.process", 1)
        session.execute(select(1))
        session.rollback()
        session.commit()
    assert _queued(broker) == []


def test_open_pages_are_told_after_the_commit(
    broker: redis.Redis, empty_redis: str, department: db.SessionFactory
) -> None:
    with db.transaction(department) as session:
        nudge.live(session, "exam", 7)
        nudge.live(session, "exam", 7)
        session.execute(select(1))
        assert not broker.exists(nudge.LIVE_CHANNEL)
    with redis.Redis.from_url(empty_redis, protocol=2) as client:
        told = list(news.hear(client, nudge.LIVE_CHANNEL, "0", seconds=1))
    assert [json.loads(message) for _, message in told] == [{"topic": "exam", "id": 7}]


@pytest.mark.parametrize("trouble", ["flushed", "down"])
def test_the_sweep_finds_messages_whose_nudge_was_lost(
    broker: redis.Redis, department: db.SessionFactory, trouble: str
) -> None:
    if trouble == "down":
        with _broker_gone():
            ids = _receive(department, order("1"), order("2", patient="4712"))
    else:
        ids = _receive(department, order("1"), order("2", patient="4712"))
        broker.flushall()
    assert _queued(broker) == []
    hl7.sweep()
    assert _queued(broker) == [("workers.hl7.process", [one]) for one in ids]
    broker.flushall()
    hl7.sweep()  # as often as need be
    _run(broker)
    with department() as session:
        states = session.scalars(select(InboundMessage.state)).all()
    assert states == [InboxState.PROCESSED] * 2
    hl7.sweep()
    assert _queued(broker) == []


def test_the_sweep_finds_exams_whose_nudge_was_lost(
    broker: redis.Redis, department: db.SessionFactory
) -> None:
    with _broker_gone():
        (message_id,) = _receive(department, order("1"))
        hl7.process(message_id)
    scheduling.sweep()
    assert _queued(broker) == []  # nudged a moment ago for all it knows
    with db.transaction(department) as session:
        exam_of(session, "1").status_changed_at -= timedelta(seconds=20)
    scheduling.sweep()
    _run(broker)
    with department() as session:
        assert exam_of(session, "1").status is StepStatus.SCHEDULED


@pytest.mark.usefixtures("broker")
def test_placing_twice_books_once(department: db.SessionFactory) -> None:
    (message_id,) = _receive(department, order("1"))
    hl7.process(message_id)
    with department() as session:
        exam = exam_of(session, "1")
    versions = []
    for _ in range(3):
        scheduling.place(exam.id)
        with department() as session:
            versions.append(exam_of(session, "1").version)
    assert len(set(versions)) == 1
    with department() as session:
        patient = select(func.count()).where(Reservation.patient_id == exam.patient_id)
        assert session.scalar(patient) == 1


def _performed(sessions: db.SessionFactory) -> ScheduledProcedureStep:
    with db.transaction(sessions) as session:
        exam = make_exam(session)
        exam.status, exam.ended_at = StepStatus.COMPLETED, system_clock()
    return exam


def test_the_sweep_brings_performed_exams_to_the_queue(
    broker: redis.Redis, department: db.SessionFactory
) -> None:
    exam = _performed(department)
    reading.sweep()
    broker.flushall()
    reading.sweep()
    assert _queued(broker) == [("workers.reading.admit", [exam.requested_procedure_id])]
    _run(broker)
    reading.admit(exam.requested_procedure_id)
    with department() as session:
        (task,) = session.scalars(select(ReadingTask)).all()
    assert task.status is ReadingStatus.READY
    reading.sweep()
    assert _queued(broker) == []


def _listen_for_appointments(sessions: db.SessionFactory, port: int) -> int:
    with db.transaction(sessions) as session:
        peer = make_peer(port=port, sends=["appointment"])
        peers.save(session, peer, actor="system:test", now=system_clock())
        return session.scalars(select(Peer.id)).one()


def test_events_of_a_moment_are_one_nudge_and_go_out(
    broker: redis.Redis, department: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(workers._GATHERED_SECONDS, ANNOUNCE_TASK, 60.0)
    with receiver() as target:
        peer = _listen_for_appointments(department, target.port)
        for number in ("1", "2"):
            (*_, message_id) = _receive(department, order(number, patient=number))
            hl7.process(message_id)
            with department() as session:
                exam = exam_of(session, number)
            scheduling.place(exam.id)
        queued = [_read(str(raw)) for raw in broker.lrange(QUEUE, 0, -1)]
        assert queued.count((ANNOUNCE_TASK, [0])) == 1
        broker.delete(QUEUE)
        outbox.announce()
        assert _queued(broker) == [("workers.outbox.deliver", [peer])]
        _run(broker)
        assert [one.type for one in target.received] == ["SIU^S12"] * 2


def test_the_sweep_finds_what_was_not_told(
    broker: redis.Redis, department: db.SessionFactory
) -> None:
    with receiver() as target:
        _listen_for_appointments(department, target.port)
        with _broker_gone():
            (message_id,) = _receive(department, order("1"))
            hl7.process(message_id)
            with department() as session:
                exam = exam_of(session, "1")
            scheduling.place(exam.id)
        outbox.sweep()
        with _broker_gone():
            _run(broker)
        assert target.received == []
        outbox.sweep()
        _run(broker)
        assert [one.type for one in target.received] == ["SIU^S12"]
        outbox.sweep()
        assert broker.llen(QUEUE) == 0


@pytest.mark.usefixtures("broker")
def test_a_started_worker_does_what_was_left_behind(department: db.SessionFactory) -> None:
    """A Celery worker in a thread, fed by one sweep after the broker has lost everything."""
    placed = select(func.count()).where(ScheduledProcedureStep.status == StepStatus.SCHEDULED)

    def count() -> int:
        with department() as session:
            return session.scalar(placed) or 0

    with _broker_gone():
        _receive(department, *(order(str(number), patient=str(number)) for number in range(1, 6)))
    hl7.sweep()
    with start_worker(workers.app, pool="solo", perform_ping_check=False, loglevel="ERROR"):
        wait_until(lambda: count() == 5)


def test_booked_exams_are_judged_again_by_the_sweep_after_thresholds_change(
    broker: redis.Redis, department: db.SessionFactory
) -> None:
    now = system_clock()
    with db.transaction(department) as session:
        exam_id = make_exam(session, now=now).id
        placement.place(session, exam_id, actor="system:test", now=now)
        rulebook.change(
            session,
            {"egfr_low": 35},
            reason="Committee",
            actor="system:test",
            now=now - timedelta(seconds=6),
        )
    broker.flushall()
    scheduling.review_booked()
    with department() as session:
        review = rules.newest_review(session)
        assert review is not None
        assert review.judged == 1
        assert review.finished_at is not None
