"""Processes killed in the middle of the work: what was acknowledged ends placed, exactly once."""

import contextlib
import itertools
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import redis
from sqlalchemy import select

from config import Settings
from tests.support.messages import order
from tests.support.stack import Stack, running_stack, wait_until
from worklist import db
from worklist.dicom import client
from worklist.dicom.client import Peer
from worklist.hl7.mllp_client import MllpClient, MllpError
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import StepStatus
from worklist.scheduling.models import Reservation
from worklist.stack.probes import dicom_port
from worklist.stack.status import look

_PAUSE_SECONDS = 0.05
_numbers = itertools.count(1)


@dataclass
class Hospital:
    """Sends orders one after the other and sends again what got no answer, as hospitals do."""

    settings: Settings
    acknowledged: list[str] = field(default_factory=list)
    again: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        with MllpClient(self.settings.bind, self.settings.mllp_port, timeout=5) as connection:
            while not self._over.is_set():
                self._order(connection, f"K{next(_numbers):05}")
                time.sleep(_PAUSE_SECONDS)

    def stop(self) -> None:
        self._over.set()

    def _order(self, connection: MllpClient, number: str) -> None:
        message = order(number, code="71046", patient=number, timing="^^^^^S")
        while True:
            try:
                answer = connection.send(message)
            except MllpError:
                self.again += 1
                time.sleep(0.1)
                continue
            if b"MSA|AA|" in answer:
                self.acknowledged.append(number)
                return
            assert b"MSA|AR|" in answer, answer  # not stored just now
            self.again += 1
            time.sleep(0.1)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="worklist-kills-") as folder:
        Path(folder).chmod(0o711)
        with running_stack(Path(folder) / "var") as stack:
            yield stack


@pytest.fixture(scope="module")
def sessions(stack: Stack) -> Iterator[db.SessionFactory]:
    engine = db.make_engine(stack.settings.require_database_url())
    yield db.make_session_factory(engine)
    engine.dispose()


@contextlib.contextmanager
def _orders(stack: Stack) -> Iterator[Hospital]:
    """Have a hospital send orders all the while; at the end it has finished its last one."""
    hospital = Hospital(stack.settings)
    thread = threading.Thread(target=hospital.run)
    thread.start()
    try:
        wait_until(lambda: len(hospital.acknowledged) >= 5)
        yield hospital
        count = len(hospital.acknowledged)
        wait_until(lambda: len(hospital.acknowledged) >= count + 5)
    finally:
        hospital.stop()
        thread.join()


def _placed(sessions: db.SessionFactory) -> Counter[str]:
    """Count, for each placer order number, the exams that have a room and a time."""
    statement = (
        select(ImagingServiceRequest.placer_order_number)
        .join(ImagingServiceRequest.requested_procedures)
        .join(RequestedProcedure.steps)
        .where(
            ScheduledProcedureStep.status == StepStatus.SCHEDULED,
            select(Reservation.id)
            .where(
                Reservation.exam_id == ScheduledProcedureStep.id,
                Reservation.resource_id == ScheduledProcedureStep.room_id,
            )
            .exists(),
        )
    )
    with sessions() as session:
        return Counter(str(number) for number in session.scalars(statement))


def _check(sessions: db.SessionFactory, hospital: Hospital) -> None:
    """Wait until every acknowledged order is placed; none is there twice."""
    acknowledged = set(hospital.acknowledged)
    assert len(acknowledged) == len(hospital.acknowledged)
    wait_until(lambda: acknowledged <= set(_placed(sessions)), seconds=60)
    placed = _placed(sessions)
    assert {number: placed[number] for number in acknowledged} == dict.fromkeys(acknowledged, 1)
    with sessions() as session:
        orders = Counter(session.scalars(select(ImagingServiceRequest.placer_order_number)))
    assert max(orders.values()) == 1


@pytest.mark.parametrize("victims", [("worker",), ("mllp", "beat"), ("redis",), ("postgres",)])
def test_killed_processes_lose_nothing(
    stack: Stack, sessions: db.SessionFactory, victims: tuple[str, ...]
) -> None:
    with _orders(stack) as hospital:
        killed = {victim: stack.kill(victim) for victim in victims}
        for victim, number in killed.items():
            stack.wait_for_restart(victim, number)
    _check(sessions, hospital)


def test_a_flushed_broker_loses_nothing(stack: Stack, sessions: db.SessionFactory) -> None:
    with (
        _orders(stack) as hospital,
        redis.Redis.from_url(stack.settings.require_redis_url()) as broker,
    ):
        for _ in range(5):
            broker.flushall()
            time.sleep(_PAUSE_SECONDS)
    _check(sessions, hospital)


def test_a_killed_dicom_server_is_back_for_the_scanner(
    stack: Stack, sessions: db.SessionFactory
) -> None:
    with _orders(stack) as hospital:
        before = stack.kill("dicom")
        stack.wait_for_restart("dicom", before)
    _check(sessions, hospital)
    wanted, settings = hospital.acknowledged[-1], stack.settings
    wait_until(lambda: dicom_port(settings) is None)
    peer = Peer(settings.bind, settings.dicom_port, calling="CT01", called=settings.ae_title)
    entries = peer.find_worklist(client.worklist_query(patient_id=wanted))
    assert [entry.PatientID for entry in entries] == [wanted]


def test_after_all_that_everything_is_ready(stack: Stack) -> None:
    given = stack.settings.model_copy(update={"database_url": None})
    wait_until(lambda: look(given).ready)
    assert stack.supervisor.poll() is None


def test_a_killed_supervisor_takes_everything_with_it(stack: Stack) -> None:
    family = stack.family()
    stack.supervisor.kill()
    stack.supervisor.wait()
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
