"""The DICOM server: Verification, Modality Worklist and Modality Performed Procedure Step."""

import asyncio
import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pydicom.config
import structlog
from pynetdicom import _config

from config import Settings
from worklist import clock, db
from worklist.dicom.context import ServerContext
from worklist.dicom.reader import Reader
from worklist.dicom.services import Services
from worklist.dicom.stations import Directory
from worklist.dicom.upper_layer import Connection

_IDLE_SECONDS = 300
_IDLE_CHECK_SECONDS = 15
_THREADS = 8
_BACKLOG = 512

log = structlog.get_logger(__name__)


class DicomServer:
    """A server on sockets that listen; `start` and `stop` may be called from any thread."""

    def __init__(
        self, settings: Settings, sessions: db.SessionFactory, *, clock: clock.Clock
    ) -> None:
        _quieten_libraries()
        self.connections: set[Connection] = set()
        self.directory = Directory(sessions)
        self._reader = Reader(sessions.kw["bind"])
        context = ServerContext(sessions, self._reader, self.directory, clock, settings.time_zone)
        self._services = Services(context, settings.ae_title, self.connections)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="dicom")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="dicom")
        self.port = 0

    def start(self, listening: socket.socket) -> None:
        """Serve the connections of a socket that listens."""
        self.port = int(listening.getsockname()[1])
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(listening), self._loop).result()

    def stop(self) -> None:
        """Stop listening and abort what is still associated."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._pool.shutdown()
        self._reader.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _listen(self, listening: socket.socket) -> None:
        run = partial(self._loop.run_in_executor, self._pool)
        self._server = await self._loop.create_server(
            lambda: Connection(self._services, run, self.connections),
            sock=listening,
            backlog=_BACKLOG,
        )
        self._idle = asyncio.ensure_future(self._abort_idle())

    async def _close(self) -> None:
        self._idle.cancel()
        self._server.close()
        for connection in list(self.connections):
            connection.abort()
        await asyncio.sleep(0)
        for connection in list(self.connections):
            connection.transport.abort()
        await asyncio.sleep(0)

    async def _abort_idle(self) -> None:
        while True:
            await asyncio.sleep(_IDLE_CHECK_SECONDS)
            for connection in list(self.connections):
                if self._loop.time() - connection.last_heard > _IDLE_SECONDS:
                    connection.abort()


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens on the settings' port.

    Raises:
        OSError: the port is in use or may not be opened.
    """
    return socket.create_server((settings.bind, settings.dicom_port), backlog=_BACKLOG)


def start(
    settings: Settings,
    sessions: db.SessionFactory,
    *,
    clock: clock.Clock = clock.system_clock,
) -> DicomServer:
    """Start listening and return at once.

    Raises:
        OSError: the port is in use or may not be opened.
    """
    listening = listen(settings)
    server = DicomServer(settings, sessions, clock=clock)
    server.start(listening)
    return server


def _quieten_libraries() -> None:
    """Keep patient data out of the libraries' logs, and their checks of values out of the way."""
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = False
    _config.LOG_RESPONSE_IDENTIFIERS = False
    logging.getLogger("pynetdicom").setLevel(logging.ERROR)
    logging.getLogger("pydicom").setLevel(logging.ERROR)
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
