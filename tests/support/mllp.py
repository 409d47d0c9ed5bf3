"""A plain MLLP sender on a socket of its own."""

import socket

from worklist.hl7 import wire


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def receive(connection: socket.socket, count: int = 1) -> list[bytes]:
    """Return the next answers, fewer when the server closes."""
    deframer, found = wire.Deframer(1_000_000), list[bytes]()
    while len(found) < count and (data := connection.recv(65536)):
        found += [frame.content for frame in deframer.feed(data)]
    return found


def exchange(port: int, content: bytes) -> bytes:
    with connect(port) as connection:
        connection.sendall(wire.frame(content))
        return receive(connection)[0]


def codes(answer: bytes) -> list[str]:
    lines = answer.decode().split("\r")
    return [line.split("|")[1] for line in lines if line.startswith("MSA")]
