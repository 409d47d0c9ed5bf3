"""`worklist dicom`: several server processes that share one listening socket.

The parent opens the socket, forks, and only watches; whichever process is free accepts the next
scanner. A process that dies is replaced.
"""

import os
import signal
import sys
import threading
import time
from types import FrameType

import structlog

from config import Settings
from worklist import clock, db, memory, nudge
from worklist.dicom import server

_POOL_SIZE = 10
_PAUSE_SECONDS = 1.0
# A process whose parent was killed stops too: nobody would replace or stop it.
_ORPHAN_CHECK_SECONDS = 5.0

log = structlog.get_logger(__name__)


def serve(settings: Settings, transport: nudge.Transport) -> None:
    """Run the server's processes until SIGTERM or SIGINT.

    Raises:
        OSError: the port is in use or may not be opened.
    """
    doors = server.listen(settings)
    children = _Children(settings, transport, doors)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, children.stop)
    memory.keep_loaded()
    children.start()
    log.info(
        "dicom.listening",
        address=settings.bind,
        port=doors.plain.getsockname()[1],
        tls=doors.tls is not None,
        ae=settings.ae_title,
        processes=settings.dicom_processes,
    )
    children.watch()
    log.info("dicom.stopped")


class _Children:
    def __init__(self, settings: Settings, transport: nudge.Transport, doors: server.Doors) -> None:
        self._settings = settings
        self._transport = transport
        self._doors = doors
        self._running: set[int] = set()
        self._stopping = False

    def start(self) -> None:
        for _ in range(self._settings.dicom_processes):
            self._fork()

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for child in self._running:
            os.kill(child, signal.SIGTERM)

    def watch(self) -> None:
        """Wait for the processes; replace one that dies."""
        while self._running:
            try:
                child, status = os.wait()
            except ChildProcessError:
                return
            self._running.discard(child)
            if not self._stopping:
                log.error("dicom.process.died", exit_code=os.waitstatus_to_exitcode(status))
                time.sleep(_PAUSE_SECONDS)
                self._fork()

    def _fork(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child:
            self._running.add(child)
            return
        exit_code = 1
        try:
            _serve_here(self._settings, self._transport, self._doors)
            exit_code = 0
        finally:
            sys.stderr.flush()
            os._exit(exit_code)


def _serve_here(settings: Settings, transport: nudge.Transport, doors: server.Doors) -> None:
    """Be one of the processes."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells
    parent = os.getppid()
    nudge.use(transport)
    engine = db.make_engine(settings.require_database_url(), pool_size=_POOL_SIZE)
    running = server.DicomServer(
        settings, db.make_session_factory(engine), clock=clock.system_clock
    )
    running.start(doors)
    while not stopping.wait(_ORPHAN_CHECK_SECONDS):
        if os.getppid() != parent:
            break
    running.stop()
    engine.dispose()
