"""MLLP connections that come, wait and go: nobody holds up another, no answer is premature."""

from contextlib import closing

import pytest

from config import Settings
from tests.support import mllp
from tests.support.inbox import Inbox, furnished
from tests.support.live import mllp_server
from tests.support.messages import order
from worklist import db
from worklist.hl7 import wire
from worklist.hl7.mllp_client import MllpClient, MllpError

HOST = "127.0.0.1"


@pytest.fixture
def inbox(session_factory: db.SessionFactory) -> Inbox:
    """The inbox whose messages the server's own connections see."""
    return furnished(session_factory)


def test_what_is_acknowledged_is_kept(port: int, inbox: Inbox) -> None:
    with MllpClient(HOST, port) as client:
        for number in range(1, 6):
            raw = order(str(number))
            assert mllp.codes(client.send(raw)) == ["AA"]
            assert inbox.messages()[-1].raw == raw  # seen by another connection at once


def test_a_slow_sender_holds_nobody_up(port: int) -> None:
    framed = wire.frame(order("1", control_id="SLOW"))
    with closing(mllp.connect(port)) as slow, MllpClient(HOST, port) as quick:
        slow.sendall(framed[:50])
        assert mllp.acknowledged(quick.send(order("2", control_id="QUICK"))) == ("AA", "QUICK")
        slow.sendall(framed[50:])
        assert [mllp.acknowledged(one) for one in mllp.receive(slow)] == [("AA", "SLOW")]


def test_junk_between_messages_is_passed_over(port: int, inbox: Inbox) -> None:
    with closing(mllp.connect(port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n" + wire.frame(order("1", control_id="A")))
        connection.sendall(b"\r\n\r\n" + wire.frame(order("2", control_id="B")))
        answers = mllp.receive(connection, 2)
        assert [mllp.acknowledged(one) for one in answers] == [("AA", "A"), ("AA", "B")]
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
        assert mllp.codes(client.send(order("2"))) == ["AA"]
        client.close()


def test_a_server_that_stops_closes_idle_connections(settings: Settings, inbox: Inbox) -> None:
    with mllp_server(settings, inbox.sessions) as port:
        connection = mllp.connect(port)
        connection.sendall(wire.frame(order("1")))
        assert len(mllp.receive(connection)) == 1
    with closing(connection):
        assert connection.recv(100) == b""
