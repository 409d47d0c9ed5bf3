"""Send messages over MLLP, one at a time, each answered before the next (MLLP R1)."""

import socket
import ssl
import time
from types import TracebackType
from typing import Self

from worklist.hl7 import wire
from worklist.language.connecting import reason_of
from worklist.language.text import _

_ANSWER_BYTES = 1024 * 1024
_READ_BYTES = 65536


class MllpError(Exception):
    """The peer cannot be reached, or closes the connection without an answer."""


class _ClosedError(MllpError):
    """The peer has closed the connection."""


class MllpClient:
    """One connection, opened when it is needed and opened again when it has broken.

    Args:
        host: The receiver's address.
        port: The receiver's port.
        timeout: Seconds to wait for each answer, and for the connection where
            ``connect_timeout`` is not given.
        tls: Speak TLS with these settings.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout: float = 10.0,
        connect_timeout: float | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._address = (host, port)
        self._timeout = timeout
        self._connect_timeout = timeout if connect_timeout is None else connect_timeout
        self._tls = tls
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, message: bytes) -> bytes:
        """Send one message and return its acknowledgement.

        A kept connection that the peer has closed meanwhile is replaced once. The message may
        then arrive twice: a receiver knows it again by its control id.

        Raises:
            MllpError: there is no answer; the message may or may not have arrived.
        """
        if self._socket is not None:
            try:
                return self._exchange(self._socket, message)
            except (ConnectionError, ssl.SSLError, _ClosedError):
                self.close()
            except OSError as error:
                raise self._no_answer(error) from error
        try:
            self._socket = self._connect()
            return self._exchange(self._socket, message)
        except (OSError, MllpError) as error:
            raise self._no_answer(error) from error

    def close(self) -> None:
        """Close the connection; the next message opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(self._address, timeout=self._connect_timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is None:
            return connection
        try:
            return self._tls.wrap_socket(connection, server_hostname=self._address[0])
        except BaseException:
            connection.close()
            raise

    def _exchange(self, connection: socket.socket, message: bytes) -> bytes:
        """Send and wait for the answer, however many pieces it comes in, until the timeout."""
        connection.settimeout(self._timeout)
        connection.sendall(wire.frame(message))
        deadline = time.monotonic() + self._timeout
        deframer = wire.Deframer(_ANSWER_BYTES)
        while data := connection.recv(_READ_BYTES):
            for frame in deframer.feed(data):
                return frame.content
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
        raise _ClosedError

    def _no_answer(self, error: Exception) -> MllpError:
        """Let the connection go, whose late answer would be taken for another's."""
        self.close()
        host, port = self._address
        if isinstance(error, _ClosedError):
            return MllpError(
                _(
                    "%(host)s port %(port)s closed the MLLP connection without an answer.",
                    host=host,
                    port=port,
                )
            )
        return MllpError(
            _(
                "No answer over MLLP from %(host)s port %(port)s: %(reason)s.",
                host=host,
                port=port,
                reason=reason_of(error),
            )
        )
