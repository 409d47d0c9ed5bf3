"""Messages that do not come whole, and peers that go without a word: nothing is lost unlogged."""

import socket
import struct
import threading
from collections.abc import Callable
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.support.mllp import ADT, codes, connect, exchange, receive, stored
from tests.support.stack import wait_until
from worklist import db, transport
from worklist.errors import ConflictError
from worklist.hl7 import incomplete, mllp, wire
from worklist.hl7.mllp import MllpServer
from worklist.hl7.models import InboundMessage
from worklist.hl7.process import replay


def beginning(sessions: db.SessionFactory) -> InboundMessage:
    """Return the message that is not kept whole."""
    with db.transaction(sessions) as session:
        found = session.scalars(select(InboundMessage).where(~InboundMessage.complete)).one()
        session.expunge(found)
        return found


def test_an_oversized_message_is_refused_and_the_connection_lives(
    serve: Callable[..., MllpServer], session_factory: db.SessionFactory
) -> None:
    large = ADT.format("BIG") + "NTE|1||" + "x" * 3000
    with connect(serve(mllp_max_message_bytes=2000).port) as connection:
        connection.sendall(wire.frame(large.encode()) + wire.frame(ADT.format("OK").encode()))
        first, second = receive(connection, 2)
    assert b"MSA|AR|BIG|The message is longer than 2000 bytes" in first
    assert codes(second) == ["AA"]
    assert stored(session_factory) == [("BIG", "FAILED"), ("OK", "RECEIVED")]
    kept = beginning(session_factory)
    assert large.encode().startswith(kept.raw)
    assert len(kept.raw) == 2000
    assert "longer than 2000 bytes" in kept.error_text
    assert kept.acknowledgement == first


def test_of_a_very_long_message_a_bounded_beginning_is_kept(
    serve: Callable[..., MllpServer], session_factory: db.SessionFactory
) -> None:
    large = ADT.format("BIG") + "NTE|1||" + "x" * 200_000
    with connect(serve(mllp_max_message_bytes=100_000).port) as connection:
        connection.sendall(wire.frame(large.encode()))
        assert b"MSA|AR|BIG" in receive(connection)[0]
    assert len(beginning(session_factory).raw) == incomplete.KEPT_BYTES


def test_a_message_broken_off_gets_no_answer_and_the_next_one_does(
    serve: Callable[..., MllpServer], session_factory: db.SessionFactory
) -> None:
    with connect(serve().port) as connection:
        connection.sendall(b"\x0bMSH|^~\\&|HIS|bro" + wire.frame(ADT.format("OK").encode()))
        assert codes(receive(connection)[0]) == ["AA"]
    assert stored(session_factory) == [("", "FAILED"), ("OK", "RECEIVED")]
    kept = beginning(session_factory)
    assert (kept.raw, kept.acknowledgement) == (b"MSH|^~\\&|HIS|bro", b"")
    assert not kept.acknowledgement_code
    assert "broke off after 16 bytes" in kept.error_text
    with db.transaction(session_factory) as session, pytest.raises(ConflictError, match="first 16"):
        replay(session, kept.id, actor="user:x", now=kept.received_at, zone=ZoneInfo("UTC"))


def test_a_sender_that_stops_inside_a_message_is_let_go(
    serve: Callable[..., MllpServer], session_factory: db.SessionFactory
) -> None:
    with connect(serve(mllp_frame_seconds=1).port) as connection:
        connection.sendall(b"\x0bMSH|^~\\&|HIS")
        assert connection.recv(10) == b""
    assert beginning(session_factory).raw == b"MSH|^~\\&|HIS"


def test_a_sender_that_crashes_inside_a_message_leaves_its_beginning(
    serve: Callable[..., MllpServer],
    session_factory: db.SessionFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It goes with a reset, as a machine that restarts does, when the server has read all."""
    is_read = threading.Event()
    feed = wire.Deframer.feed

    def watched(deframer: wire.Deframer, data: bytes) -> list[wire.Frame]:
        frames = feed(deframer, data)
        is_read.set()
        return frames

    monkeypatch.setattr(wire.Deframer, "feed", watched)
    connection = connect(serve().port)
    connection.sendall(b"\x0bMSH|^~\\&|HIS|half")
    assert is_read.wait(60)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    wait_until(lambda: bool(stored(session_factory)))
    assert beginning(session_factory).raw == b"MSH|^~\\&|HIS|half"


def test_a_peer_that_vanishes_without_a_word_is_noticed(
    serve: Callable[..., MllpServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half-open connections end by TCP keep-alive: 60 s of silence and four probes."""
    options: dict[str, int] = {}

    def watch(connection: socket.socket) -> None:
        transport.watch(connection)
        options["on"] = connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT"):
            options[name] = connection.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))

    monkeypatch.setattr(mllp, "transport", SimpleNamespace(
        watch=watch, is_allowed=transport.is_allowed, Certificate=transport.Certificate
    ))  # fmt: skip
    assert codes(exchange(serve().port, ADT.format("A").encode())) == ["AA"]
    assert options == {
        "on": 1,
        "TCP_KEEPIDLE": 60,
        "TCP_KEEPINTVL": 15,
        "TCP_KEEPCNT": 4,
        "TCP_USER_TIMEOUT": 30_000,
    }
