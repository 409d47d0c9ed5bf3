"""A plain MLLP sender on a socket of its own, and what the server kept of what it sent."""

import socket

from sqlalchemy import select

from worklist import db
from worklist.hl7 import wire
from worklist.hl7.models import InboundMessage

ADT = "MSH|^~\\&|HIS|GENERAL|||20260101||ADT^A04|{}|P|2.5\rPID|1||77^^^GENERAL||ROE^JANE\r"


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


def acknowledged(answer: bytes) -> tuple[str, str]:
    """Return the code of an answer and the control id of the message that it answers."""
    (msa,) = (line for line in answer.decode().split("\r") if line.startswith("MSA"))
    _, code, control_id, *_ = msa.split("|")
    return code, control_id


def stored(sessions: db.SessionFactory) -> list[tuple[str, str]]:
    """Return the control id and state of each message that was kept, in order."""
    with db.transaction(sessions) as session:
        statement = select(InboundMessage.control_id, InboundMessage.state).order_by(
            InboundMessage.id
        )
        return [(name, str(state)) for name, state in session.execute(statement)]
