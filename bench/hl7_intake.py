"""How fast HL7 orders are taken, durably, and how fast one worker does what they ask.

Beside it the plain server that one would write with hl7apy alone: its MLLPServer, parse, insert.
Both commit to the same PostgreSQL before they acknowledge.
"""

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import psutil

from bench import servers
from bench.measure import Table, milliseconds, percentile
from bench.order_to_worklist import Order
from config import Settings
from tests.support.ports import free_port
from worklist import db, migrations
from worklist.clock import system_clock
from worklist.demonstration.load import load_catalogue
from worklist.hl7.mllp_client import MllpClient, MllpError
from worklist.hl7.process import process, waiting
from worklist.stack import folders, postgres, redis

TITLE = "HL7 intake"

_SECONDS = 8.0
_CONNECTIONS = (1, 8)
_ORDERS_PROCESSED = 400
_START_SECONDS = 30
_CODE = "71250"


def run() -> Iterable[Table]:
    """Measure acknowledgements, then processing, each beside the plain server."""
    numbers = itertools.count(1)
    with servers.folder() as place:
        settings = Settings.read({"WORKLIST_DATA_DIR": str(place / "var")})
        folders.prepare(settings.data_dir)
        database, broker = postgres.start(settings), redis.start(settings)
        try:
            migrations.upgrade(database.url)
            complete = settings.model_copy(
                update={"database_url": database.url, "redis_url": broker.url}
            )
            rows = list(_acknowledged(complete, numbers))
            yield Table(
                ("server", "connections", "messages/s", "p50", "p99", "processor time/message"),
                rows,
                "Durable: each is committed before its answer. Targets with 8 connections: 500/s, "
                "p99 within 30 ms. The clients share the machine's cores.",
            )
            yield _processed(complete, numbers, plain=rows[-1])
        finally:
            broker.stop()
            database.stop()


def _acknowledged(settings: Settings, numbers: Iterator[int]) -> Iterator[list[object]]:
    for name, command in (
        ("worklist mllp", [sys.executable, "-m", "worklist.cli", "mllp"]),
        ("hl7apy MLLPServer, parse, insert",
         [sys.executable, "-m", "bench._hl7_plain_server", settings.require_database_url()]),
    ):  # fmt: skip
        with _serving(settings, command) as (port, server):
            _load(port, 1, numbers, seconds=1.0)  # warm-up
            for connections in _CONNECTIONS:
                before = _cpu_seconds(server.pid)
                times = _load(port, connections, numbers, seconds=_SECONDS)
                used = _cpu_seconds(server.pid) - before
                yield [
                    name,
                    connections,
                    f"{len(times) / _SECONDS:.0f}",
                    milliseconds(percentile(times, 0.5)),
                    milliseconds(percentile(times, 0.99)),
                    milliseconds(used / len(times)),
                ]


def _processed(settings: Settings, numbers: Iterator[int], *, plain: list[object]) -> Table:
    """Have one worker's function do a number of orders that were received before."""
    engine = db.make_engine(settings.require_database_url())
    sessions = db.make_session_factory(engine)
    zone = ZoneInfo(settings.time_zone)
    with db.transaction(sessions) as session:
        load_catalogue(session, now=system_clock())
        session.connection().exec_driver_sql("UPDATE hl7_inbox SET state = 'FAILED'")
    with (
        _serving(settings, [sys.executable, "-m", "worklist.cli", "mllp"]) as (port, _),
        MllpClient("127.0.0.1", port) as client,
    ):
        for number in itertools.islice(numbers, _ORDERS_PROCESSED):
            client.send(_message(number))
    with sessions() as session:
        ids = list(waiting(session, limit=2 * _ORDERS_PROCESSED))
    times = []
    used = time.process_time()
    for message_id in ids:
        begin = time.monotonic()
        process(sessions, message_id, now=system_clock(), zone=zone)
        times.append(time.monotonic() - begin)
    used = time.process_time() - used
    with sessions() as session:
        assert not waiting(session)
    engine.dispose()
    return Table(
        (
            "what is done with an order",
            "orders/s of one process",
            "p50",
            "p99",
            "processor time/order",
        ),
        [
            [
                "worklist: patient, facts, order, steps, trail",
                f"{len(times) / sum(times):.0f}",
                milliseconds(percentile(times, 0.5)),
                milliseconds(percentile(times, 0.99)),
                milliseconds(used / len(times)),
            ],
            ["hl7apy MLLPServer: parse, insert one row (8 connections)", plain[2], *plain[3:]],
        ],
        "Target: 60 orders/s of one worker.",
    )


def _load(port: int, connections: int, numbers: Iterator[int], *, seconds: float) -> list[float]:
    """Send one message after the other on each connection; returns how long each answer took."""
    times: list[float] = []
    end = time.monotonic() + seconds

    def send() -> None:
        with MllpClient("127.0.0.1", port) as client:
            while time.monotonic() < end:
                message = _message(next(numbers))
                begin = time.monotonic()
                answer = client.send(message)
                times.append(time.monotonic() - begin)
                assert b"MSA|AA|" in answer, answer

    threads = [threading.Thread(target=send) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _message(number: int) -> bytes:
    return Order(f"H{number:07}", _CODE).message


@contextmanager
def _serving(
    settings: Settings, command: list[str]
) -> "Iterator[tuple[int, subprocess.Popen[str]]]":
    """Run a server as a process of its own; gives its port."""
    changed = settings.model_copy(update={"mllp_port": free_port(), "log_level": "ERROR"})
    environment = {**os.environ, **changed.environment()}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            plain = "bench._hl7_plain_server" in command
            port = int(server.stdout.readline()) if plain and server.stdout else changed.mllp_port
            _wait_for(port)
            yield port, server
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with MllpClient("127.0.0.1", port, timeout=1) as client:
                client.send(_message(0))
        except MllpError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _cpu_seconds(pid: int) -> float:
    used = psutil.Process(pid).cpu_times()
    return float(used.user + used.system)
