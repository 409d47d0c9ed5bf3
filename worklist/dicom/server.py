"""The DICOM server: Verification, Modality Worklist and Modality Performed Procedure Step."""

import asyncio
import logging
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pydicom.config
from pynetdicom import _config

from config import Settings
from worklist import clock, db, transport
from worklist.dicom.context import ServerContext
from worklist.dicom.query_log import QueryLog
from worklist.dicom.reader import Reader
from worklist.dicom.services import Services
from worklist.dicom.stations import Directory
from worklist.dicom.upper_layer import Connection

_IDLE_SECONDS = 300
_IDLE_CHECK_SECONDS = 15
_THREADS = 8
_BACKLOG = 512


class DicomServer:
    """A server on sockets that listen; `start` and `stop` may be called from any thread."""

    def __init__(
        self, settings: Settings, sessions: db.SessionFactory, *, clock: clock.Clock
    ) -> None:
        _quieten_libraries()
        self.connections: set[Connection] = set()
        self.directory = Directory(sessions)
        self._reader = Reader(sessions.kw["bind"])
        self._query_log = QueryLog(sessions)
        context = ServerContext(
            sessions, self._reader, self.directory, clock, settings.time_zone, self._query_log
        )
        self._services = Services(context, settings.ae_title, self.connections)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="dicom")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="dicom")
        self._servers: list[asyncio.Server] = []
        self.port = self.tls_port = 0

    def start(self, doors: "Doors") -> None:
        """Serve the connections of sockets that listen."""
        self._query_log.start()
        self._thread.start()
        self.port = self._open(doors.plain, None)
        if doors.tls is not None:
            self.tls_port = self._open(doors.tls, doors.context)
        asyncio.run_coroutine_threadsafe(self._watch(), self._loop).result()

    def stop(self) -> None:
        """Stop listening and abort what is still associated."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._pool.shutdown()
        self._query_log.stop()
        self._reader.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _open(self, listening: socket.socket, tls: ssl.SSLContext | None) -> int:
        asyncio.run_coroutine_threadsafe(self._listen(listening, tls), self._loop).result()
        return int(listening.getsockname()[1])

    async def _listen(self, listening: socket.socket, tls: ssl.SSLContext | None) -> None:
        run = partial(self._loop.run_in_executor, self._pool)
        server = await self._loop.create_server(
            lambda: Connection(self._services, run, self.connections),
            sock=listening,
            backlog=_BACKLOG,
            ssl=tls,
        )
        self._servers.append(server)

    async def _watch(self) -> None:
        self._idle = asyncio.ensure_future(self._abort_idle())

    async def _close(self) -> None:
        self._idle.cancel()
        for server in self._servers:
            server.close()
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


@dataclass(frozen=True, slots=True)
class Doors:
    """The sockets that listen: a plain one, and one for TLS where a certificate is set."""

    plain: socket.socket
    tls: socket.socket | None = None
    context: ssl.SSLContext | None = None


def listen(settings: Settings) -> Doors:
    """Open the settings' ports.

    Raises:
        OSError: a port is in use or may not be opened.
        SettingsError: the certificate cannot be used.
    """
    if settings.dicom_tls_certificate is None:
        return Doors(_listening(settings, settings.dicom_port))
    context = transport.Certificate(
        settings.dicom_tls_certificate,
        settings.dicom_tls_key,
        settings.dicom_tls_client_ca,
        what="DICOM",
        variables="WORKLIST_DICOM_TLS_CERTIFICATE, _KEY, _CLIENT_CA",
    ).context()
    return Doors(
        _listening(settings, settings.dicom_port),
        _listening(settings, settings.dicom_tls_port),
        context,
    )


def _listening(settings: Settings, port: int) -> socket.socket:
    return socket.create_server((settings.bind, port), backlog=_BACKLOG)


def _quieten_libraries() -> None:
    """Keep patient data out of the libraries' logs, and their checks of values out of the way."""
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = False
    _config.LOG_RESPONSE_IDENTIFIERS = False
    logging.getLogger("pynetdicom").setLevel(logging.ERROR)
    logging.getLogger("pydicom").setLevel(logging.ERROR)
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
