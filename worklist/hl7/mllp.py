"""The MLLP server: many connections, each message answered in order on its own connection."""

import asyncio
import contextlib
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config import Settings
from worklist import db, nudge
from worklist.clock import Clock, system_clock
from worklist.hl7 import intake, wire
from worklist.hl7.acknowledge import Acknowledgement
from worklist.hl7.nudging import BackgroundTransport

_DATABASE_THREADS = 8
_READ_BYTES = 65536
_STOP_SECONDS = 4.0
_BACKLOG = 512

log = structlog.get_logger(__name__)


def serve(settings: Settings, transport: nudge.Transport) -> None:
    """Receive messages until SIGTERM or SIGINT; a message in hand is finished first."""
    nudges = BackgroundTransport(transport)
    nudge.use(nudges)
    engine = db.make_engine(settings.require_database_url(), pool_size=_DATABASE_THREADS)
    try:
        server = MllpServer(settings, db.make_session_factory(engine))
        asyncio.run(_until_signal(server))
    finally:
        nudges.close()
        engine.dispose()


class MllpServer:
    """Listens on ``settings.bind`` and ``settings.mllp_port``.

    Args:
        settings: Address, port, limit of a message and the site's time zone.
        sessions: Used from a few threads, so that a slow commit holds up nobody else.
        clock: Tells when a message arrived.
    """

    def __init__(
        self, settings: Settings, sessions: db.SessionFactory, clock: Clock = system_clock
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._clock = clock
        self._zone = ZoneInfo(settings.time_zone)
        self._threads = ThreadPoolExecutor(_DATABASE_THREADS, thread_name_prefix="hl7")
        self._stopping = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen; ``port`` then tells where."""
        self._server = await asyncio.start_server(
            self._connected, self._settings.bind, self._settings.mllp_port, backlog=_BACKLOG
        )
        self.port = self._server.sockets[0].getsockname()[1]
        log.info("mllp.listening", address=self._settings.bind, port=self.port)

    async def stop(self) -> None:
        """Take no more messages, finish those in hand, close every connection."""
        self._stopping.set()
        if self._server is not None:
            self._server.close()
        if self._connections:
            _, late = await asyncio.wait(self._connections, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
        self._threads.shutdown()
        log.info("mllp.stopped")

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        peer = str((writer.get_extra_info("peername") or ("",))[0])
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        log.info("mllp.connected", peer=peer)
        try:
            await self._converse(reader, writer, peer)
        except (ConnectionError, TimeoutError) as error:
            log.info("mllp.broken", peer=peer, error=type(error).__name__)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            log.info("mllp.disconnected", peer=peer)

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str
    ) -> None:
        deframer = wire.Deframer(self._settings.mllp_max_message_bytes)
        while data := await self._read(reader):
            for frame in deframer.feed(data):
                if not await self._answer(frame, writer, peer) or self._stopping.is_set():
                    return
        rest = deframer.close()
        if rest is not None:
            await self._answer(rest, writer, peer)
        if deframer.skipped_bytes:
            log.warning("mllp.junk", peer=peer, bytes=deframer.skipped_bytes)

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        """Return the next bytes; none when the sender has closed or this server stops."""
        reading = asyncio.ensure_future(reader.read(_READ_BYTES))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return await reading if reading.done() else b""
        finally:
            reading.cancel()
            stopping.cancel()

    async def _answer(self, frame: wire.Frame, writer: asyncio.StreamWriter, peer: str) -> bool:
        """Answer a frame; False where the connection has to be closed instead."""
        if frame.fault is wire.Fault.TRUNCATED:
            # No answer: the sender gave this message up and would take it for another's.
            log.warning("mllp.truncated", peer=peer, bytes=len(frame.content))
            return True
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(self._threads, self._receive, frame, peer)
        except Exception:
            log.exception("mllp.crashed", peer=peer, bytes=len(frame.content))
            return False
        writer.write(wire.frame(answer.content))
        await writer.drain()
        return True

    def _receive(self, frame: wire.Frame, peer: str) -> Acknowledgement:
        """Store a message and return its answer once it is committed; runs in a thread."""
        now = self._clock()
        if frame.fault is wire.Fault.OVERSIZED:
            limit = self._settings.mllp_max_message_bytes
            log.warning("mllp.oversized", peer=peer, limit=limit)
            return intake.refuse_oversized(frame.content, limit=limit, now=now)
        try:
            with db.transaction(self._sessions) as session:
                return intake.receive(
                    session, frame.content, channel="mllp", peer=peer, now=now, zone=self._zone
                )
        except SQLAlchemyError as error:
            log.error("mllp.not_stored", peer=peer, error=type(error).__name__)  # noqa: TRY400
            return intake.refuse_unavailable(frame.content, now=now)


async def _until_signal(server: MllpServer) -> None:
    await server.start()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    await server.stop()
