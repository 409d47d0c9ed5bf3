"""A department that listens on real sockets in this process, with its work done in a thread."""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self
from zoneinfo import ZoneInfo

from config import Settings
from tests.support import dicom
from worklist import db, nudge
from worklist.clock import system_clock
from worklist.demonstration.load import load_catalogue
from worklist.hl7.mllp import MllpServer
from worklist.hl7.outbound.compose import announce
from worklist.hl7.outbound.delivery import deliver
from worklist.hl7.process import process
from worklist.reading import entering
from worklist.scheduling import placement

ACTOR = "system:worker"


class Worker:
    """Does nudged work in the order of the nudges, as a Celery worker would."""

    def __init__(self, sessions: db.SessionFactory, zone: ZoneInfo) -> None:
        self._sessions = sessions
        self._zone = zone
        self._queue: queue.Queue[tuple[str, int] | None] = queue.Queue()
        self._tasks: dict[str, Callable[[int], None]] = {
            "workers.hl7.process": self._process,
            "workers.scheduling.place": self._place,
            "workers.reading.admit": self._admit,
            "workers.outbox.announce": self._announce,
            "workers.outbox.deliver": self._deliver,
        }
        self.errors: list[Exception] = []
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.put(None)
        self._thread.join()

    def send_task(self, name: str, argument: int) -> None:
        self._queue.put((name, argument))

    def publish(self, channel: str, message: str) -> None:
        """Nobody listens."""

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            try:
                self._tasks[item[0]](item[1])
            except Exception as error:  # noqa: BLE001 - the test reports it
                self.errors.append(error)

    def _process(self, message_id: int) -> None:
        for other in process(self._sessions, message_id, now=system_clock(), zone=self._zone):
            self.send_task("workers.hl7.process", other)

    def _place(self, exam_id: int) -> None:
        with db.transaction(self._sessions) as session:
            placement.place(session, exam_id, actor=ACTOR, now=system_clock())

    def _admit(self, requested_procedure_id: int) -> None:
        with db.transaction(self._sessions) as session:
            entering.admit(session, requested_procedure_id, now=system_clock())

    def _announce(self, _: int) -> None:
        announce(self._sessions, now=system_clock(), zone=self._zone)

    def _deliver(self, peer_id: int) -> None:
        for other in deliver(self._sessions, peer_id, clock=system_clock):
            self.send_task("workers.outbox.deliver", other)


@contextmanager
def demonstration(settings: Settings, sessions: db.SessionFactory) -> Iterator[Settings]:
    """Load the demonstration department and serve it; gives the settings with its ports."""
    with db.transaction(sessions) as session:
        load_catalogue(session, now=system_clock())
    with Worker(sessions, ZoneInfo(settings.time_zone)) as worker:
        nudge.use(worker)
        server = dicom.start(settings, sessions)
        try:
            with mllp_server(settings, sessions) as mllp_port:
                yield settings.model_copy(
                    update={"mllp_port": mllp_port, "dicom_port": server.port}
                )
        finally:
            server.stop()
            nudge.use(Nowhere())
    assert not worker.errors, worker.errors


class Nowhere:
    """A transport into the void."""

    def send_task(self, name: str, argument: int) -> None: ...

    def publish(self, channel: str, message: str) -> None: ...


@contextmanager
def hl7_server(settings: Settings, sessions: db.SessionFactory) -> Iterator[MllpServer]:
    """Serve HL7 on the settings' ports."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = MllpServer(settings, sessions)
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result()
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def mllp_server(settings: Settings, sessions: db.SessionFactory) -> Iterator[int]:
    """Serve MLLP on the settings' port; gives the port."""
    with hl7_server(settings, sessions) as server:
        yield server.port
