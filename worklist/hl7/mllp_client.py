"""Send messages over MLLP, one at a time, each answered before the next (MLLP R1)."""

import socket
from types import TracebackType
from typing import Self

from worklist.hl7 import wire

_ANSWER_BYTES = 1024 * 1024
_READ_BYTES = 65536


class MllpError(Exception):
    """The peer cannot be reached, or closes the connection without an answer."""


class MllpClient:
    """One connection, opened when it is needed and opened again when it has broken.

    Args:
        host: The receiver's address.
        port: The receiver's port.
        timeout: Seconds to wait for the connection and for each answer.
    """

    def __init__(self, host: str, port: int, *, timeout: float = 10.0) -> None:
        self._address = (host, port)
        self._timeout = timeout
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
            except (ConnectionError, MllpError):
                self.close()
        try:
            self._socket = socket.create_connection(self._address, timeout=self._timeout)
            return self._exchange(self._socket, message)
        except OSError as error:
            self.close()
            reason = error.strerror or type(error).__name__
            host, port = self._address
            raise MllpError(f"No answer over MLLP from {host} port {port}: {reason}.") from error
        except MllpError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; the next message opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, connection: socket.socket, message: bytes) -> bytes:
        connection.sendall(wire.frame(message))
        deframer = wire.Deframer(_ANSWER_BYTES)
        while data := connection.recv(_READ_BYTES):
            for frame in deframer.feed(data):
                return frame.content
        host, port = self._address
        raise MllpError(f"{host} port {port} closed the MLLP connection without an answer.")
