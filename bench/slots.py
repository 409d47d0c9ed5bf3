"""Slot search in a full calendar and placement by several workers.

python bench/slots.py [past bookings]
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.orm import Session

import worklist.tables  # noqa: F401 - a flush follows foreign keys to every table
from bench import _busy_department as busy_department
from bench import servers
from bench._busy_department import NOW
from bench.measure import Table, milliseconds, percentile
from config import Settings
from worklist import db, logs, memory
from worklist.orders import service as orders
from worklist.orders.details import OrderDetails
from worklist.patients.models import Patient
from worklist.scheduling import booking, placement
from worklist.scheduling.assessment import assess
from worklist.scheduling.search import best_slot, find_slots
from worklist.vocabulary import PatientClass, Priority

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier

TITLE = "Slot search and placement"
PAST = 1_000_000
_SEARCHES = 200
_WORKERS = (1, 2, 4)
_WARMING, _PLACED, _ROUNDS = 40, 300, 3
_ACTOR = "system:bench"
_EMPTY = (
    "DELETE FROM reservations WHERE exam_id = ANY(:exams)",
    """
    UPDATE scheduled_procedure_steps SET status = 'CANCELED', room_id = NULL, station_id = NULL,
        starts_at = NULL, ends_at = NULL
    WHERE id = ANY(:exams)
    """,
)


def make_exams(session: Session, number: int, modalities: list[str]) -> list[int]:
    """Make orders of every priority without slots; return their exams."""
    priorities = (Priority.ROUTINE, Priority.ROUTINE, Priority.ASAP, Priority.URGENT)
    made = []
    for index in range(number):
        details = OrderDetails(
            procedure_code=f"{modalities[index % len(modalities)]}1",
            priority=priorities[index % len(priorities)],
            patient_class=PatientClass.OUTPATIENT,
            ordered_at=NOW,
        )
        patient = session.get_one(Patient, 1 + index * 17 % 100_000)
        order = orders.create_order(session, patient, details, actor=_ACTOR, now=NOW)
        made.append(order.requested_procedures[0].steps[0].id)
    session.flush()
    return made


def measure(
    factory: db.SessionFactory, exams: list[int], search: Callable[[Session, int], object]
) -> tuple[list[float], list[float]]:
    """Return seconds and processor seconds of each search, each in a transaction of its own.

    It is committed, as pages and workers do: a rollback would make psycopg forget the statements
    that it has prepared, and every search would be planned anew.
    """
    seconds, processor = [], []
    for exam_id in exams:
        with db.transaction(factory) as session:
            started, used = time.perf_counter(), time.process_time()
            search(session, exam_id)
            seconds.append(time.perf_counter() - started)
            processor.append(time.process_time() - used)
    return seconds, processor


def _for_desk(session: Session, exam_id: int) -> object:
    exam = orders.get_exam(session, exam_id)
    return find_slots(session, exam, now=NOW)


def _for_desk_in_two_weeks(session: Session, exam_id: int) -> object:
    exam = orders.get_exam(session, exam_id)
    return find_slots(session, exam, now=NOW, from_=NOW + timedelta(days=20))


def _for_worker(session: Session, exam_id: int) -> object:
    exam = orders.get_exam(session, exam_id)
    return best_slot(session, exam, assess(session, exam, now=NOW), now=NOW)


_KINDS = {
    "a worker's best slot": _for_worker,
    "a desk's first twelve": _for_desk,
    "a desk's, from day 20": _for_desk_in_two_weeks,
}


def search_table(factory: db.SessionFactory) -> Table:
    """Measure slot searches with no past and with a long one."""
    with db.transaction(factory) as session:
        busy_department.build(session)
        exams = make_exams(session, _SEARCHES, list(busy_department.ROOMS))
    rows = []
    for past in (0, PAST):
        if past:
            with db.transaction(factory) as session:
                busy_department.add_past(session, past)
        servers.vacuum(factory)
        for kind, search in _KINDS.items():
            measure(factory, exams[:20], search)
            seconds, processor = measure(factory, exams, search)
            rows.append(
                (
                    kind,
                    f"{past:,}",
                    milliseconds(percentile(seconds, 0.5)),
                    milliseconds(percentile(seconds, 0.95)),
                    milliseconds(percentile(processor, 0.95)),
                )
            )
    return Table(
        ("search", "past bookings", "median", "p95", "p95, processor time"),
        rows,
        f"{sum(busy_department.ROOMS.values())} rooms, 60 days, 85 % full; target: p95 within"
        " 20 ms, flat in the past.",
    )


def _work(
    url: str, warming: list[int], exams: list[int], begin: "Barrier", results: "Queue[int]"
) -> None:
    """Place exams as a worker process does that has run for a while; report the races lost."""
    logs.configure(Settings.read({"WORKLIST_LOG_LEVEL": "ERROR"}), "bench")
    engine = db.make_engine(url, pool_size=1)
    factory = db.make_session_factory(engine)
    lost = 0
    take = booking.take

    def counted(*arguments: object, **named: object) -> bool:
        nonlocal lost
        taken = take(*arguments, **named)  # type: ignore[arg-type]
        lost += not taken
        return taken

    setattr(booking, "take", counted)  # noqa: B010 - mypy knows that a function is not assigned
    _place_each(factory, warming)
    memory.keep_loaded()
    lost = 0
    begin.wait()
    _place_each(factory, exams)
    results.put(lost)
    engine.dispose()


def _place_each(factory: db.SessionFactory, exams: list[int]) -> None:
    for exam_id in exams:
        with db.transaction(factory) as session:
            placement.place(session, exam_id, actor=_ACTOR, now=NOW)


def _place(url: str, exams: list[int], workers: int) -> tuple[float, int]:
    """Have worker processes place exams; return the seconds that they took and the races lost."""
    warming, timed = exams[:_WARMING], exams[_WARMING:]
    context = multiprocessing.get_context("spawn")
    begin, results = context.Barrier(workers + 1), context.Queue()
    processes = [
        context.Process(
            target=_work,
            args=(url, warming[index::workers], timed[index::workers], begin, results),
        )
        for index in range(workers)
    ]
    for process in processes:
        process.start()
    begin.wait()
    started = time.perf_counter()
    lost = sum(results.get() for _ in processes)
    seconds = time.perf_counter() - started
    for process in processes:
        process.join()
    return seconds, lost


def _empty(factory: db.SessionFactory, exams: list[int]) -> None:
    """Take the exams out of the calendar, which is then as full as before they were placed.

    Every exam fills the days that the next one looks at first: later ones take twice as long.
    """
    with db.transaction(factory) as session:
        for statement in _EMPTY:
            session.execute(text(statement), {"exams": exams})
    servers.vacuum(factory)


def placement_table(url: str, factory: db.SessionFactory) -> Table:
    """Count how many exams one, two and four worker processes place in a second.

    They place as many exams of the same patients, in the same calendar, in rounds that take turns.
    """
    seconds = dict.fromkeys(_WORKERS, 0.0)
    lost = dict.fromkeys(_WORKERS, 0)
    for workers in _WORKERS * _ROUNDS:
        with db.transaction(factory) as session:
            exams = make_exams(session, _WARMING + _PLACED, list(busy_department.ROOMS))
        took, races = _place(url, exams, workers)
        seconds[workers] += took
        lost[workers] += races
        _empty(factory, exams)
    rates = {workers: _PLACED * _ROUNDS / took for workers, took in seconds.items()}
    return Table(
        ("workers", "exams/s", "exams/s each", "races lost"),
        [
            (workers, f"{rate:.0f}", f"{rate / workers:.0f}", lost[workers])
            for workers, rate in rates.items()
        ],
        f"{_PLACED} exams {_ROUNDS} times each, always in a calendar as full as at first; target:"
        " 60 exams/s for each worker process.",
    )


def run() -> Iterator[Table]:
    """Measure both on one database."""
    with servers.database() as url:
        engine = db.make_engine(url)
        factory = db.make_session_factory(engine)
        memory.keep_loaded()
        yield search_table(factory)
        yield placement_table(url, factory)
        engine.dispose()
