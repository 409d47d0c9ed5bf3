"""Slot search in a full calendar, and placement by several workers."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

import worklist.tables  # noqa: F401 - a flush follows foreign keys to every table
from bench import busy_department
from bench.busy_department import NOW
from bench.measure import Table, milliseconds, percentile, quiet
from bench.servers import database
from worklist import db
from worklist.orders import service as orders
from worklist.orders.details import OrderDetails
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.models import Patient
from worklist.scheduling import booking, placement
from worklist.scheduling.assessment import assess
from worklist.scheduling.search import best_slot, find_slots
from worklist.vocabulary import PatientClass, Priority

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier

TITLE = "Slots and placement"

_PAST = 1_000_000
_SEARCHES = 200
_PLACED_BY_EACH = 300
_ACTOR = "system:bench"


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
) -> list[float]:
    """Return how many seconds each search took; each in a session of its own."""
    times = []
    for exam_id in exams:
        with factory() as session:
            started = time.perf_counter()
            search(session, exam_id)
            times.append(time.perf_counter() - started)
    return times


def _for_desk(session: Session, exam_id: int) -> object:
    exam = session.get_one(ScheduledProcedureStep, exam_id)
    return find_slots(session, exam, now=NOW)


def _for_desk_in_two_weeks(session: Session, exam_id: int) -> object:
    exam = session.get_one(ScheduledProcedureStep, exam_id)
    return find_slots(session, exam, now=NOW, from_=NOW + timedelta(days=20))


def _for_worker(session: Session, exam_id: int) -> object:
    exam = session.get_one(ScheduledProcedureStep, exam_id)
    return best_slot(session, exam, assess(session, exam, now=NOW), now=NOW)


_KINDS = {
    "a worker's best slot": _for_worker,
    "a desk's first twelve": _for_desk,
    "a desk's, from day 20": _for_desk_in_two_weeks,
}


def search_table(url: str) -> Table:
    """Measure slot searches with no past and with a long one."""
    engine = db.make_engine(url)
    factory = db.make_session_factory(engine)
    with db.transaction(factory) as session:
        busy_department.build(session)
        exams = make_exams(session, _SEARCHES, list(busy_department.ROOMS))
    rows: list[tuple[object, ...]] = []
    for number in (0, _PAST):
        if number:
            with db.transaction(factory) as session:
                busy_department.add_past(session, number)
        for kind, search in _KINDS.items():
            measure(factory, exams[:20], search)
            times = measure(factory, exams, search)
            found = (percentile(times, 0.5), percentile(times, 0.95), max(times))
            rows.append((kind, f"{number:,}", *map(milliseconds, found)))
    engine.dispose()
    note = f"{sum(busy_department.ROOMS.values())} rooms, 60 days, 85 % full."
    return Table(("search", "past bookings", "p50", "p95", "max"), rows, note)


def _work(url: str, exams: list[int], begin: "Barrier", results: "Queue[int]") -> None:
    """Place exams as a worker process does, and report how many and how many races were lost."""
    quiet()
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
    with factory() as session:
        session.get(Patient, 1)
    begin.wait()
    for exam_id in exams:
        with db.transaction(factory) as session:
            placement.place(session, exam_id, actor=_ACTOR, now=NOW)
    results.put(lost)
    engine.dispose()


def placement_table(url: str) -> Table:
    """Measure how many exams one, two and four worker processes place in a second."""
    engine = db.make_engine(url)
    factory = db.make_session_factory(engine)
    context = multiprocessing.get_context("spawn")
    rows: list[tuple[object, ...]] = []
    for workers in (1, 2, 4):
        with db.transaction(factory) as session:
            exams = make_exams(session, workers * _PLACED_BY_EACH, list(busy_department.ROOMS))
        begin, results = context.Barrier(workers + 1), context.Queue()
        processes = [
            context.Process(target=_work, args=(url, exams[index::workers], begin, results))
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
        rate = len(exams) / seconds
        rows.append((workers, f"{rate:.1f}", f"{rate / workers:.1f}", lost))
    engine.dispose()
    note = f"{_PLACED_BY_EACH} exams for each worker."
    return Table(("workers", "exams/s", "exams/s each", "races lost"), rows, note)


def run() -> Iterator[Table]:
    """Measure searches, then placement."""
    with database() as url:
        yield search_table(url)
        yield placement_table(url)
