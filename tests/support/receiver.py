"""A receiver of messages on a real socket that answers what a test asks it to."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from worklist.hl7 import decode, wire
from worklist.hl7.message import Message, parse

Answer = Callable[[Message], bytes | None]


def acknowledge(code: str, *segments: str) -> Answer:
    """Return what answers each message with this code in MSA-1."""

    def answer(message: Message) -> bytes:
        header = "MSH|^~\\&|HIS|GENERAL|WORKLIST|RAD|20261124||ACK|77|P|2.5"
        lines = [header, f"MSA|{code}|{message.header.text(10)}", *segments]
        return "".join(f"{line}\r" for line in lines).encode()

    return answer


ACCEPT = acknowledge("AA")


def hang_up(_: Message) -> None:
    """Close the connection instead of answering."""


class Receiver:
    """Keeps what it received; ``answers`` are used up first, then ``default``."""

    def __init__(self, default: Answer = ACCEPT) -> None:
        self.received: list[Message] = []
        self.answers: list[Answer] = []
        self.default = default
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def control_ids(self) -> list[str]:
        """MSH-10 of what was received, in order."""
        return [message.header.text(10) for message in self.received]

    def close(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        deframer = wire.Deframer(1024 * 1024)
        with connection:
            while data := connection.recv(65536):
                for frame in deframer.feed(data):
                    answer = self._answer(frame.content)
                    if answer is None:
                        return
                    connection.sendall(wire.frame(answer))

    def _answer(self, content: bytes) -> bytes | None:
        message = parse(decode.decode(content).text)
        self.received.append(message)
        return (self.answers.pop(0) if self.answers else self.default)(message)


@contextmanager
def receiver(default: Answer = ACCEPT) -> Iterator[Receiver]:
    """Run a receiver."""
    one = Receiver(default)
    try:
        yield one
    finally:
        one.close()
