"""MLLP connections that come, wait and go: nobody holds up another, no answer is premature."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from config import Settings
from tests.support.inbox import Inbox, furnished
from tests.support.live import mllp_server
from tests.support.messages import order
from worklist import db
from worklist.hl7 import wire
from worklist.hl7.mllp_client import MllpClient, MllpError

HOST = "127.0.0.1"


@pytest.fixture
def inbox(session_factory: db.SessionFactory) -> Inbox:
    return furnished(session_factory)


@pytest.fixture
def port(settings: Settings, inbox: Inbox) -> Iterator[int]:
    with mllp_server(settings, inbox.sessions) as port:
        yield port


def _connect(port: int) -> socket.socket:
    return socket.create_connection((HOST, port), timeout=10)


def _answers(connection: socket.socket, count: int) -> list[bytes]:
    deframer = wire.Deframer(100_000)
    found: list[bytes] = []
    while len(found) < count:
        data = connection.recv(65536)
        assert data, f"closed after {len(found)} of {count} answers"
        found += [frame.content for frame in deframer.feed(data)]
    return found


def _msa(answer: bytes) -> list[str]:
    return answer.decode().split("\r")[1].split("|")


def test_what_is_acknowledged_is_kept(port: int, inbox: Inbox) -> None:
    with MllpClient(HOST, port) as client:
        for number in range(1, 6):
            raw = order(str(number))
            assert _msa(client.send(raw))[1] == "AA"
            assert inbox.messages()[-1].raw == raw  # seen by another connection at once


def test_a_slow_sender_holds_nobody_up(port: int) -> None:
    framed = wire.frame(order("1", control_id="SLOW"))
    with closing(_connect(port)) as slow, MllpClient(HOST, port) as quick:
        slow.sendall(framed[:50])
        assert _msa(quick.send(order("2", control_id="QUICK")))[1:] == ["AA", "QUICK"]
        slow.sendall(framed[50:])
        assert _msa(_answers(slow, 1)[0])[1:] == ["AA", "SLOW"]


def test_junk_between_messages_is_passed_over(port: int, inbox: Inbox) -> None:
    with closing(_connect(port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n" + wire.frame(order("1", control_id="A")))
        connection.sendall(b"\r\n\r\n" + wire.frame(order("2", control_id="B")))
        assert [_msa(one)[2] for one in _answers(connection, 2)] == ["A", "B"]
    assert len(inbox.messages()) == 2


def test_the_client_connects_again_when_the_server_has_been_away(
    settings: Settings, inbox: Inbox
) -> None:
    with mllp_server(settings, inbox.sessions) as port:
        again = settings.model_copy(update={"mllp_port": port})
        client = MllpClient(HOST, port)
        client.send(order("1"))
    with pytest.raises(MllpError, match=f"port {port}"):
        client.send(order("2"))
    with mllp_server(again, inbox.sessions):
        assert _msa(client.send(order("2")))[1] == "AA"
        client.close()


def test_a_server_that_stops_closes_idle_connections(settings: Settings, inbox: Inbox) -> None:
    with mllp_server(settings, inbox.sessions) as port:
        connection = _connect(port)
        connection.sendall(wire.frame(order("1")))
        _answers(connection, 1)
    with closing(connection):
        assert connection.recv(100) == b""
