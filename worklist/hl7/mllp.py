"""The MLLP server: many connections, each message answered in order on its own connection."""

import asyncio
import contextlib
import signal
import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from config import Settings, SettingsError
from worklist import db, memory, nudge, transport
from worklist.clock import Clock, system_clock
from worklist.hl7 import incomplete, metrics, senders, wire
from worklist.hl7.exchange import exchange
from worklist.hl7.nudging import BackgroundTransport, Sender

_DATABASE_THREADS = 8
_PEERS_SECONDS = 1.0
_READ_BYTES = 65536
_STOP_SECONDS = 4.0
_DRAIN_SECONDS = 30.0
_BACKLOG = 512

log = structlog.get_logger(__name__)


def serve(settings: Settings, nudging: Sender) -> None:
    """Receive messages until SIGTERM or SIGINT; a message in hand is finished first."""
    nudges = BackgroundTransport(nudging)
    nudge.use(nudges)
    senders.remember_for(_PEERS_SECONDS)
    engine = db.make_engine(
        settings.require_database_url(), pool_size=_DATABASE_THREADS, check=False
    )
    try:
        server = MllpServer(settings, db.make_session_factory(engine))
        memory.keep_loaded()
        asyncio.run(_until_signal(server))
    finally:
        nudges.close()
        engine.dispose()


class MllpServer:
    """Listens on ``settings.bind``: plain on ``mllp_port``, with TLS on ``mllp_tls_port``.

    Args:
        settings: Addresses, ports, limits, who may send, and the site's time zone.
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
        self._allowed = [one for one in settings.mllp_allowed_senders.split(",") if one]
        self._threads = ThreadPoolExecutor(_DATABASE_THREADS, thread_name_prefix="hl7")
        self._stopping = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []
        self.port = 0
        self.tls_port = 0

    async def start(self) -> None:
        """Listen; ``port`` and ``tls_port`` then tell where.

        Raises:
            SettingsError: the certificate cannot be used, or no port is left to listen on.
        """
        tls = _tls(self._settings)
        if not self._settings.mllp_plain and tls is None:
            raise SettingsError(
                "WORKLIST_MLLP_PLAIN=false needs WORKLIST_MLLP_TLS_CERTIFICATE: "
                "nothing would be listened on."
            )
        if self._settings.mllp_plain:
            self.port = await self._listen(self._settings.mllp_port, None)
        if tls is not None:
            self.tls_port = await self._listen(self._settings.mllp_tls_port, tls)

    async def stop(self) -> None:
        """Take no more messages, finish those in hand, close every connection."""
        self._stopping.set()
        for server in self._servers:
            server.close()
        if self._connections:
            _, late = await asyncio.wait(self._connections, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
        self._threads.shutdown()
        log.info("mllp.stopped")

    async def _listen(self, port: int, tls: ssl.SSLContext | None) -> int:
        server = await asyncio.start_server(
            self._connected, self._settings.bind, port, backlog=_BACKLOG, ssl=tls
        )
        self._servers.append(server)
        chosen: int = server.sockets[0].getsockname()[1]
        log.info("mllp.listening", address=self._settings.bind, port=chosen, tls=tls is not None)
        return chosen

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        peer = str((writer.get_extra_info("peername") or ("",))[0])
        try:
            if transport.is_allowed(peer, self._allowed):
                transport.watch(writer.get_extra_info("socket"))
                log.info("mllp.connected", peer=peer)
                await self._converse(reader, writer, peer)
            else:
                metrics.REFUSED_CONNECTIONS.inc()
                log.warning("mllp.not_allowed", peer=peer)
        except (ConnectionError, TimeoutError, ssl.SSLError) as error:
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
        try:
            while data := await self._read(reader, self._patience(deframer)):
                for frame in deframer.feed(data):
                    if not await self._answer(frame, writer, peer) or self._stopping.is_set():
                        return
        except TimeoutError:
            log.warning("mllp.silent", peer=peer, inside_message=deframer.inside)
        except (ConnectionError, ssl.SSLError) as error:
            log.info("mllp.broken", peer=peer, error=type(error).__name__)
        finally:
            if deframer.skipped_bytes:
                log.warning("mllp.junk", peer=peer, bytes=deframer.skipped_bytes)
        rest = deframer.close()
        if rest is not None:
            await self._answer(rest, writer, peer)

    def _patience(self, deframer: wire.Deframer) -> float | None:
        """Return how long the next bytes may take; a sender between messages may be silent."""
        if deframer.inside:
            return self._settings.mllp_frame_seconds
        return self._settings.mllp_idle_seconds or None

    async def _read(self, reader: asyncio.StreamReader, patience: float | None) -> bytes:
        """Return the next bytes; none when the sender has closed or this server stops.

        Raises:
            TimeoutError: nothing came in time.
        """
        reading = asyncio.ensure_future(reader.read(_READ_BYTES))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            done, _ = await asyncio.wait(
                {reading, stopping}, return_when=asyncio.FIRST_COMPLETED, timeout=patience
            )
            if not done:
                raise TimeoutError
            return await reading if reading.done() else b""
        finally:
            reading.cancel()
            stopping.cancel()

    async def _answer(self, frame: wire.Frame, writer: asyncio.StreamWriter, peer: str) -> bool:
        """Answer a frame; False where the connection has to be closed instead."""
        loop = asyncio.get_running_loop()
        try:
            content = await loop.run_in_executor(self._threads, self._receive, frame, peer)
        except Exception:
            log.exception("mllp.crashed", peer=peer, bytes=len(frame.content))
            return False
        if content:
            writer.write(wire.frame(content))
            await asyncio.wait_for(writer.drain(), _DRAIN_SECONDS)
        return True

    def _receive(self, frame: wire.Frame, peer: str) -> bytes:
        """Store a message and return its answer once it is committed; runs in a thread."""
        now = self._clock()
        if frame.fault is not None:
            return self._keep_beginning(frame, peer, now)
        return exchange(
            self._sessions,
            frame.content,
            channel="mllp",
            peer=peer,
            now=now,
            zone=self._zone,
            known_only=self._settings.hl7_known_senders_only,
        ).content

    def _keep_beginning(self, frame: wire.Frame, peer: str, now: datetime) -> bytes:
        """Keep the beginning of a message that did not come whole; returns its answer.

        One that was broken off gets none: the sender gave it up and would take it for another's.
        """
        if frame.fault is wire.Fault.OVERSIZED:
            limit = self._settings.mllp_max_message_bytes
            log.warning("mllp.oversized", peer=peer, limit=limit)
            error = incomplete.too_long(limit)
        else:
            metrics.TRUNCATED.inc()
            log.warning("mllp.truncated", peer=peer, bytes=len(frame.content))
            if not frame.content:
                return b""
            error = incomplete.broken_off(len(frame.content))
        answer = incomplete.keep(
            self._sessions,
            frame.content,
            error,
            channel="mllp",
            peer=peer,
            now=now,
            zone=self._zone,
            answered=frame.fault is wire.Fault.OVERSIZED,
        )
        return answer.content


async def _until_signal(server: MllpServer) -> None:
    await server.start()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    await server.stop()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.mllp_tls_certificate is None:
        return None
    return transport.Certificate(
        settings.mllp_tls_certificate,
        settings.mllp_tls_key,
        settings.mllp_tls_client_ca,
        what="HL7",
        variables="WORKLIST_MLLP_TLS_CERTIFICATE, _KEY, _CLIENT_CA",
    ).context()
