"""The tour and the simulator against servers that listen on real sockets."""

import random
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Select, func, select

from config import Settings
from tests.support.live import demonstration, mllp_server
from tests.support.ports import free_port
from worklist import db
from worklist.clock import system_clock
from worklist.hl7.models import InboundMessage, InboxState, OutboundMessage, OutboxState
from worklist.hl7.outbound import answers
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.performing.models import PerformedProcedureStep, PerformedStatus
from worklist.simulator.pace import Pace
from worklist.simulator.receiver import Receiver
from worklist.simulator.run import make_hospital, start, start_receiver
from worklist.tour.run import run as take_tour

SECONDS = 240.0


@pytest.fixture
def live(
    settings: Settings, database: str, session_factory: db.SessionFactory
) -> Iterator[Settings]:
    complete = settings.model_copy(update={"database_url": database, "time_zone": "Europe/Vienna"})
    with demonstration(complete, session_factory) as served:
        yield served


def count(sessions: db.SessionFactory, statement: Select[int]) -> int:
    with db.transaction(sessions) as session:
        return session.scalar(statement) or 0


def test_tour_goes_from_the_order_to_the_reading_queue(
    live: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take_tour(live) == 0
    told = capsys.readouterr().out
    assert "MSA|AA|" in told
    assert "the exam is STARTED" in told
    assert "the exam is COMPLETED" in told
    assert "number 1 in the queue: STAT" in told
    assert take_tour(live) == 0


def test_tour_says_what_does_not_answer(live: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert take_tour(live.model_copy(update={"mllp_port": 1})) == 1
    assert (
        "No answer over MLLP from 127.0.0.1 port 1: Connection refused" in capsys.readouterr().out
    )


def test_simulator_orders_and_does_exams(
    live: Settings, session_factory: db.SessionFactory
) -> None:
    """Hospital and scanners alone fill the day: every message is taken, exams are completed.

    The scanners begin nothing before the past has been played.
    """
    pace = Pace(
        order_seconds=0.05,
        opening_orders=25,
        speed=2000.0,
        poll=timedelta(seconds=0.5),
        early=timedelta(days=1),
        no_show=0.0,
        discontinued=0.3,
        second_thought=(timedelta(0), timedelta(seconds=1)),
    )
    stop = threading.Event()
    played = threading.Event()
    past = threading.Thread(target=played.wait, daemon=True)
    past.start()
    threads = start(live, stop, after=[past], pace=pace, rng=random.Random(5))
    finished = (
        select(PerformedProcedureStep.status)
        .where(PerformedProcedureStep.status != PerformedStatus.IN_PROGRESS)
        .distinct()
    )
    deadline = time.monotonic() + SECONDS
    try:
        while time.monotonic() < deadline:
            with db.transaction(session_factory) as session:
                seen = set(session.scalars(finished))
                begun = session.scalar(select(func.count(PerformedProcedureStep.id)))
                orders = session.scalar(select(func.count(ImagingServiceRequest.id))) or 0
            if orders >= 25 and not played.is_set():
                assert begun == 0
                played.set()
            if len(seen) == 2 and orders >= 25:
                break
            stop.wait(0.2)
    finally:
        stop.set()
        played.set()
        for thread in threads:
            thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert seen == {PerformedStatus.COMPLETED, PerformedStatus.DISCONTINUED}
    with db.transaction(session_factory) as session:
        failed = session.scalars(
            select(InboundMessage.error_text).where(InboundMessage.state == InboxState.FAILED)
        ).all()
        statuses = set(session.scalars(select(ScheduledProcedureStep.status)))
    # A cancellation may meet an exam that has begun meanwhile: that is refused in words.
    assert all("cannot be cancelled" in text or "started" in text for text in failed), failed
    assert StepStatus.COMPLETED in statuses


def test_the_simulated_hospital_and_archive_hear_of_the_tour(
    live: Settings, session_factory: db.SessionFactory
) -> None:
    """The outbox is alive: what the tour does leaves over a real socket and is acknowledged."""
    stop = threading.Event()
    threads = start_receiver(live, stop)
    try:
        assert take_tour(live) == 0
        deadline = time.monotonic() + SECONDS
        heard: set[tuple[str, str]] = set()
        while time.monotonic() < deadline and ("HOSPITAL", "SC") not in heard:
            with db.transaction(session_factory) as session:
                rows = session.execute(
                    select(OutboundMessage.destination, OutboundMessage.control).where(
                        OutboundMessage.state == OutboxState.DELIVERED
                    )
                ).all()
            heard = {(destination, control) for destination, control in rows}
            stop.wait(0.1)
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert {("HOSPITAL", "S12"), ("HOSPITAL", "SC"), ("ARCHIVE", "NW")} <= heard
    with db.transaction(session_factory) as session:
        refused = session.scalars(
            select(OutboundMessage.error_text).where(
                OutboundMessage.state.in_((OutboxState.REFUSED, OutboxState.FAILED))
            )
        ).all()
    assert refused == []


def test_the_simulated_hospital_numbers_an_order_made_here() -> None:
    receiver = Receiver("127.0.0.1", issuer="LAKESIDE-SIM", clock=system_clock)
    raw = (
        b"MSH|^~\\&|WORKLIST|RADIOLOGY|SIMULATOR|LAKESIDE-SIM|20261124||OMG^O19^OMG_O19|9|P|2.5.1\r"
        b"ORC|SN||F1^WORKLIST\rOBR|1||F1^WORKLIST|70450^CT head^C4\r"
    )
    answer = answers.read(receiver.answer(raw), "9")
    assert answer.outcome is answers.Outcome.DELIVERED
    assert answer.placer == ("N0000001", "LAKESIDE-SIM")
    receiver.close()


def test_hospital_waits_for_a_department_that_is_starting(
    live: Settings, session_factory: db.SessionFactory
) -> None:
    """It sends the very message again until there is an answer, and stops at once when told."""
    later = live.model_copy(update={"mllp_port": free_port()})
    stop = threading.Event()
    hospital = make_hospital(later, Pace(opening_orders=1), random.Random(1), system_clock)
    thread = threading.Thread(target=hospital.run, args=(stop,))
    thread.start()
    received = select(func.count(InboundMessage.id))
    try:
        stop.wait(1.5)
        assert count(session_factory, received) == 0
        with mllp_server(later, session_factory):
            deadline = time.monotonic() + SECONDS
            while count(session_factory, received) < 2 and time.monotonic() < deadline:
                stop.wait(0.1)
            assert count(session_factory, received) >= 2
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()
