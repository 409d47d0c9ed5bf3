"""The acceptor's side of the upper layer: one association a connection (PS3.8 section 9.2).

Nothing is polled: an idle association costs nothing but its memory. Requests are answered in the
threads of a pool, one at a time per association; a C-CANCEL is heard in between.
"""

import asyncio
import hashlib
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

import structlog

from worklist.dicom import dimse, pdu
from worklist.dicom.dimse import Assembler, Command, MessageError
from worklist.dicom.negotiation import Agreement, Refusal
from worklist.dicom.pdu import MalformedError
from worklist.dicom.request import Batches, Request

_REQUEST_SECONDS = 30
_CLOSE_SECONDS = 5
_MOST_WAITING = 16
# The units that we take are announced as shorter; some scanners do not listen.
_LONGEST_UNIT = 256 * 1024

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    """An association that is let in."""

    calling: str
    agreement: Agreement


class Provider(Protocol):
    """What stands above the upper layer; called in the threads of the pool."""

    def associate(self, unit: bytes, connection: "Connection") -> Accepted | Refusal:
        """Judge an A-ASSOCIATE-RQ."""

    def answer(self, request: Request) -> Batches:
        """Give the replies to a request, batch by batch; after the final one nothing is asked."""


class _State(Enum):
    AWAITING_REQUEST = auto()
    NEGOTIATING = auto()
    ESTABLISHED = auto()
    CLOSING = auto()


class Connection(asyncio.Protocol):
    """One association."""

    def __init__(
        self,
        provider: Provider,
        run: Callable[..., "asyncio.Future[object]"],
        connections: set["Connection"],
    ) -> None:
        """Prepare for a peer.

        Args:
            provider: Judges and answers.
            run: Runs a function in a thread of the pool.
            connections: All that are open; this one enters and leaves.
        """
        self._provider = provider
        self._run = run
        self._connections = connections
        self._state = _State.AWAITING_REQUEST
        self._received = bytearray()
        self._assembler = Assembler()
        self._waiting: deque[tuple[int, Command, bytes]] = deque()
        self._accepted: Accepted | None = None
        self._current: Request | None = None
        self._task: asyncio.Task[None] | None = None
        self._flows = asyncio.Event()
        self._flows.set()
        self._timer: asyncio.TimerHandle | None = None
        self.last_heard = 0.0
        self.transport: asyncio.Transport

    @property
    def peer_address(self) -> str:
        """The peer's IP address."""
        name = self.transport.get_extra_info("peername")
        return str(name[0]) if name else ""

    @property
    def encrypted(self) -> bool:
        """Whether the connection is TLS."""
        return self.transport.get_extra_info("ssl_object") is not None

    @property
    def peer_certificate(self) -> str | None:
        """The SHA-256 of the peer's certificate in hexadecimal, None where it showed none."""
        tls = self.transport.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True) if tls is not None else None
        return hashlib.sha256(certificate).hexdigest() if certificate else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the A-ASSOCIATE-RQ, but not for ever (ARTIM)."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio's own promise
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections.add(self)
        self.last_heard = asyncio.get_running_loop().time()
        self._set_timer(_REQUEST_SECONDS)

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget the association; an answer on its way is not sent."""
        self._connections.discard(self)
        self._state = _State.CLOSING
        self._stop_timer()
        self._flows.set()
        if self._current is not None:
            self._current.cancelled = True

    def pause_writing(self) -> None:
        """Hold answers back: the peer reads slowly."""
        self._flows.clear()

    def resume_writing(self) -> None:
        """Send on."""
        self._flows.set()

    def data_received(self, data: bytes) -> None:
        """Take bytes; act on every unit that is whole."""
        if self._state is _State.CLOSING:
            return
        self.last_heard = asyncio.get_running_loop().time()
        self._received += data
        try:
            self._take_units()
        except MalformedError as error:
            self.abort(error.reason)
        except MessageError as error:
            log.warning("dicom.association.aborted", reason=str(error), address=self.peer_address)
            self.abort(pdu.REASON_NOT_SPECIFIED)

    def abort(self, reason: int = pdu.REASON_NOT_SPECIFIED) -> None:
        """End the association at once."""
        self._close(pdu.abort(reason))

    def _take_units(self) -> None:
        received = self._received
        while len(received) >= pdu.HEADER_LENGTH and self._state is not _State.CLOSING:
            kind, length = pdu.header(received)
            if length > _LONGEST_UNIT:
                raise MalformedError(pdu.INVALID_PARAMETER)
            end = pdu.HEADER_LENGTH + length
            if len(received) < end:
                return
            unit = bytes(received[:end])
            del received[:end]
            self._take(kind, unit)

    def _take(self, kind: int, unit: bytes) -> None:
        if kind == pdu.P_DATA_TF and self._state is _State.ESTABLISHED:
            self._take_data(unit)
        elif kind == pdu.A_ASSOCIATE_RQ and self._state is _State.AWAITING_REQUEST:
            self._state = _State.NEGOTIATING
            self._task = asyncio.ensure_future(self._negotiate(unit))
        elif kind == pdu.A_RELEASE_RQ and self._state is _State.ESTABLISHED:
            self._close(pdu.RELEASE_RESPONSE)
        elif kind == pdu.A_ABORT:
            self._close(b"")
        else:
            known = pdu.A_ASSOCIATE_RQ <= kind <= pdu.A_ABORT
            raise MalformedError(pdu.UNEXPECTED if known else pdu.UNRECOGNISED)

    async def _negotiate(self, unit: bytes) -> None:
        try:
            outcome = await self._run(self._provider.associate, unit, self)
        except MalformedError as error:
            self.abort(error.reason)
            return
        except Exception:
            log.exception("dicom.association.failed")
            self.abort()
            return
        if self._state is _State.CLOSING:
            return
        if isinstance(outcome, Refusal):
            self._close(outcome.encoded())
            return
        assert isinstance(outcome, Accepted)  # noqa: S101 - the provider's promise
        self._stop_timer()
        self._accepted = outcome
        self._state = _State.ESTABLISHED
        self.transport.write(outcome.agreement.encoded)

    def _take_data(self, unit: bytes) -> None:
        for context, is_command, is_last, data in pdu.values(unit[pdu.HEADER_LENGTH :]):
            message = self._assembler.add(
                context, is_command=is_command, is_last=is_last, data=data
            )
            if message is not None:
                self._take_message(*message)

    def _take_message(self, context: int, command: Command, data: bytes) -> None:
        if command.field == dimse.C_CANCEL:
            if self._current is not None and self._current.command.message_id == command.message_id:
                self._current.cancelled = True
            return
        assert self._accepted is not None  # noqa: S101 - the state says so
        if context not in self._accepted.agreement.contexts or len(self._waiting) >= _MOST_WAITING:
            raise MessageError("The message is for no accepted presentation context.")
        self._waiting.append((context, command, data))
        if self._current is None:
            self._current = self._request(*self._waiting[0])
            self._task = asyncio.ensure_future(self._answer_all())

    def _request(self, context: int, command: Command, data: bytes) -> Request:
        assert self._accepted is not None  # noqa: S101 - the state says so
        agreement = self._accepted.agreement
        sop_class, transfer_syntax = agreement.contexts[context]
        return Request(
            command=command,
            data=data,
            sop_class=sop_class,
            transfer_syntax=transfer_syntax,
            calling=self._accepted.calling,
            address=self.peer_address,
            fuzzy_names=agreement.fuzzy_names,
        )

    async def _answer_all(self) -> None:
        try:
            while self._waiting and self._state is _State.ESTABLISHED:
                message = self._waiting[0]
                self._current = self._request(*message)
                await self._answer(message[0], self._current)
                self._waiting.popleft()
        except Exception:
            log.exception("dicom.association.failed")
            self.abort()
        finally:
            self._current = None

    async def _answer(self, context: int, request: Request) -> None:
        assert self._accepted is not None  # noqa: S101 - the state says so
        longest = self._accepted.agreement.longest
        batches = self._provider.answer(request)
        while True:
            batch = await self._run(next, batches)
            assert isinstance(batch, list)  # noqa: S101 - the provider's promise
            if self._state is not _State.ESTABLISHED:
                return
            units = [pdu.message(context, reply.command, reply.data, longest) for reply in batch]
            self.transport.write(b"".join(units))
            if batch[-1].is_final:
                return
            await self._flows.wait()

    def _close(self, farewell: bytes) -> None:
        """Say the last word and wait a little for the peer to hang up."""
        if self._state is _State.CLOSING:
            return
        self._state = _State.CLOSING
        if self._current is not None:
            self._current.cancelled = True
        self._flows.set()
        if farewell:
            self.transport.write(farewell)
            self._set_timer(_CLOSE_SECONDS)
            if self.transport.can_write_eof() and farewell[0] != pdu.RELEASE_RESPONSE[0]:
                self.transport.write_eof()
        else:
            self.transport.close()

    def _set_timer(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
