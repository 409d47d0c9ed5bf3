"""The ears of the simulated hospital and its archive: take messages over MLLP and answer them.

Orders that the department made get a number, as a placer gives one (IHE RAD TF-2 4.3).
"""

import contextlib
import itertools
import socket
import threading

import structlog

from worklist.clock import Clock
from worklist.hl7 import decode, wire
from worklist.hl7.acknowledge import acknowledge
from worklist.hl7.errors import MessageError
from worklist.hl7.message import Message, parse

_LIMIT = 1024 * 1024
_READ_BYTES = 65536
_LOOK_SECONDS = 0.25

# What answers an order message that asks for a number.
_ANSWERS = {"OMG": "ORG^O20^ORG_O20", "ORM": "ORR^O02^ORR_O02"}

log = structlog.get_logger(__name__)


class Receiver:
    """Listens on a free port of ``host`` until it is stopped."""

    def __init__(self, host: str, *, issuer: str, clock: Clock) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self._listener.settimeout(_LOOK_SECONDS)
        self._issuer = issuer
        self._clock = clock
        self._numbers = itertools.count(1)
        self.port: int = self._listener.getsockname()[1]

    def run(self, stop: threading.Event) -> None:
        """Take connections; each has a thread that ends with it."""
        log.info("simulator.receiver.listening", port=self.port)
        with self._listener:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, _ = self._listener.accept()
                    threading.Thread(
                        target=self._converse, args=(connection, stop), daemon=True
                    ).start()

    def close(self) -> None:
        """Listen no more, where it was never run."""
        self._listener.close()

    def answer(self, raw: bytes) -> bytes:
        """Return the acknowledgement of a message."""
        now = self._clock()
        try:
            decoded = decode.decode(raw)
            message = parse(decoded.text, codec=decoded.codec)
        except MessageError as error:
            return acknowledge(None, error, now=now, codec="utf-8").content
        plain = acknowledge(message.header, None, now=now, codec=decoded.codec).content
        orc = message.first("ORC")
        if orc is None or orc.text(1) != "SN":
            return plain
        return self._with_number(message, plain.decode(decoded.codec)).encode(decoded.codec)

    def _with_number(self, message: Message, acknowledgement: str) -> str:
        """Make the acknowledgement one that gives the order a number (``NA``)."""
        kind = message.header.text(9)
        fields = acknowledgement.split("|")
        fields[8] = _ANSWERS[kind]
        filler = message.require("ORC").raw(3)
        number = f"N{next(self._numbers):07d}^{self._issuer}"
        procedure = message.require("OBR").raw(4)
        segments = [f"ORC|NA|{number}|{filler}", f"OBR|1|{number}|{filler}|{procedure}"]
        return "|".join(fields) + "".join(f"{one}\r" for one in segments)

    def _converse(self, connection: socket.socket, stop: threading.Event) -> None:
        deframer = wire.Deframer(_LIMIT)
        connection.settimeout(_LOOK_SECONDS)
        with connection, contextlib.suppress(ConnectionError):
            while not stop.is_set():
                try:
                    data = connection.recv(_READ_BYTES)
                except TimeoutError:
                    continue
                if not data:
                    return
                for frame in deframer.feed(data):
                    connection.sendall(wire.frame(self.answer(frame.content)))
