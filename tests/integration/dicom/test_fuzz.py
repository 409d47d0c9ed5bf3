"""Damaged bytes at the port, for a bounded time: the server stays up, small, and serves others."""

import os
import random
import socket
import threading
from collections.abc import Iterator

import psutil
import pytest

from bench._dicom_load import Load, units
from config import Settings
from tests.support.department import NOW, make_scanner
from tests.support.dicom import CALLED, HOST, running, schedule
from worklist import db
from worklist.dicom.client import Peer
from worklist.dicom.server import DicomServer

# Set FUZZ_ROUNDS to look longer.
ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "400"))
_MEBIBYTE = 1024 * 1024


@pytest.fixture
def server(settings: Settings, session_factory: db.SessionFactory) -> Iterator[DicomServer]:
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        for _ in range(3):
            schedule(session, room, NOW)
    with running(settings, session_factory) as server:
        yield server


def damaged(chance: random.Random, stream: bytes) -> bytes:
    """Flip, cut, repeat, insert: one to eight times."""
    data = bytearray(stream)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(data))
        kind = chance.randrange(5)
        if kind == 0:
            data[place] = chance.randrange(256)
        elif kind == 1:
            del data[place : place + chance.randint(1, 40)]
        elif kind == 2:
            data[place:place] = data[: chance.randint(1, 80)]
        elif kind == 3:
            data[place : place + 4] = chance.choice(
                [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"]
            )
        else:
            data[place:place] = chance.randbytes(chance.randint(1, 60))
        if not data:
            return b"\0"
    return bytes(data)


def throw(port: int, data: bytes, *, answer_first: bytes = b"") -> None:
    """Send the bytes, perhaps after an association was opened, and read a little."""
    try:
        with socket.create_connection((HOST, port), timeout=2) as connection:
            connection.settimeout(0.02)
            if answer_first:
                connection.sendall(answer_first)
                connection.recv(65536)
            connection.sendall(data)
            connection.recv(65536)
    except OSError:
        return


def test_damaged_streams_hurt_nobody(server: DicomServer) -> None:
    chance = random.Random(20261124)
    request, query, release = units(Load(server.port, "20261124"))
    process = psutil.Process()
    served: list[int] = []
    stop = threading.Event()

    def others() -> None:
        while not stop.wait(0.05):
            entries = Peer(HOST, server.port, calling="CT01", called=CALLED).find_worklist()
            served.append(len(entries))

    thread = threading.Thread(target=others)
    thread.start()
    try:
        for number in range(ROUNDS):
            if number == ROUNDS // 4:
                before = process.memory_info().rss
            if number % 2:
                throw(server.port, damaged(chance, request + query + release))
            else:
                throw(server.port, damaged(chance, query + release), answer_first=request)
    finally:
        stop.set()
        thread.join()
    assert served
    assert set(served) == {3}
    assert process.memory_info().rss - before < 30 * _MEBIBYTE
    assert len(Peer(HOST, server.port, calling="CT01", called=CALLED).find_worklist()) == 3


def test_a_unit_that_promises_too_much_is_not_waited_for(server: DicomServer) -> None:
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(b"\x01\x00\xff\xff\xff\xff" + b"\0" * 64)
        answer = connection.recv(64)
    # A-ABORT by the provider: invalid parameter (PS3.8 section 9.3.8).
    assert answer == bytes.fromhex("07000000000400000206")


def test_data_before_an_association_is_unexpected(server: DicomServer) -> None:
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(bytes.fromhex("0400000000040000000000"))
        answer = connection.recv(64)
    assert answer == bytes.fromhex("07000000000400000202")
