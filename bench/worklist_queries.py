"""Worklist queries: one station's day, at several sizes, beside other worklist servers."""

import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy.engine import make_url

import worklist.tables  # noqa: F401 - a flush follows foreign keys to every table
from bench import _dicom_entries, _dicom_peers
from bench._dicom_load import Load, Outcome, associate, find, kept_open, measure, units
from bench._dicom_peers import Peer
from bench.measure import Table, milliseconds, percentile
from bench.servers import database, folder
from tests.support.department import make_procedure, make_room, make_site
from worklist import db

TITLE = "Worklist queries of scanners"
# Entries, and how many of them one station's day has.
_SIZES = {100: 13, 1_000: 20, 10_000: 80}
_LARGEST, _LARGEST_ANSWERS = 1_000_000, 20
_DAY = f"{_dicom_entries.midnight():%Y%m%d}"
_POLLING, _EVERY_SECONDS, _IDLE = 300, 30.0, 50
_WATCHED_SECONDS = 30.0


def run() -> Iterator[Table]:
    """Measure every server at every size; the largest only with ours, which alone can."""
    peers = _dicom_peers.installed()
    costs: list[tuple[object, ...]] = []
    rows = [row for size, answers in _SIZES.items() for row in _at(size, answers, peers, costs)]
    with _department(_LARGEST, _LARGEST_ANSWERS) as (url, place):
        rows += _ours(_LARGEST, url, place, costs)
        crowd = _crowd(url, place)
    yield Table(
        ("entries", "answers", "server", "association", "queries/s", "p50", "p95"),
        rows,
        "Two clients at once. Target: ahead at every size; as fast at 1,000,000 entries as at "
        "1,000 (within 1.2 times).",
    )
    yield Table(
        ("entries", "association", "server", "database", "client", "together"),
        costs,
        "Processor time of one of our queries: what is left of two cores is the machine's. The "
        "client's own share bounds what an association that is kept open can gain.",
    )
    yield Table(
        ("scanners polling", "idle associations", "share of one core", "p95"),
        [crowd],
        "Target: less than 0.5 of one core, the database's work included.",
    )


def _at(
    size: int, answers: int, peers: dict[str, Peer], costs: list[tuple[object, ...]]
) -> Iterator[tuple[object, ...]]:
    with _department(size, answers) as (url, place):
        yield from _ours(size, url, place, costs)
        if peers:
            _dicom_entries.write_files(place / "files", size, answers)
        for name, peer in peers.items():
            with peer(place / "files", place) as port:
                yield from _rows(size, name, port, seconds=8.0)


@contextmanager
def _department(size: int, answers: int) -> Iterator[tuple[str, Path]]:
    """Make a database with ``size`` entries; give its address and a folder."""
    with database() as url, folder() as place:
        engine = db.make_engine(url)
        sessions = db.make_session_factory(engine)
        with db.transaction(sessions) as session:
            site = make_site(session, time_zone=_dicom_entries.ZONE.key)
            for station in _dicom_entries.STATIONS:
                make_room(session, site, station)
            make_procedure(session)
        _dicom_entries.add_rows(sessions, 1, size, answers)
        engine.dispose()
        yield url, place


def _ours(
    size: int, url: str, place: Path, costs: list[tuple[object, ...]]
) -> Iterator[tuple[object, ...]]:
    """Measure our server; what a query costs goes to ``costs``."""
    with _dicom_peers.worklist(url, place) as (port, pid):
        measure(Load(port, _DAY, seconds=2.0))
        of_database = _database(url)
        for name, load in _loads(port, seconds=5.0):
            before = _cpu(pid), _cpu(of_database), _cpu_of_clients()
            outcome = measure(load)
            after = _cpu(pid), _cpu(of_database), _cpu_of_clients()
            each = [
                (late - early) / len(outcome.seconds)
                for early, late in zip(before, after, strict=True)
            ]
            costs.append((f"{size:,}", name, *map(milliseconds, each), milliseconds(sum(each))))
            yield _row(size, "worklist", name, outcome)


def _loads(port: int, seconds: float) -> list[tuple[str, Load]]:
    load = Load(port, _DAY, seconds=seconds)
    return [("new", load), ("kept open", kept_open(load))]


def _rows(size: int, server: str, port: int, seconds: float) -> Iterator[tuple[object, ...]]:
    for name, load in _loads(port, seconds):
        yield _row(size, server, name, measure(load))


def _row(size: int, server: str, association: str, outcome: Outcome) -> tuple[object, ...]:
    return (f"{size:,}", *outcome.answers, server, association, *_figures(outcome))


def _figures(outcome: Outcome) -> tuple[str, str, str]:
    times = outcome.seconds
    return (
        f"{outcome.per_second:.1f}",
        milliseconds(percentile(times, 0.5)),
        milliseconds(percentile(times, 0.95)),
    )


def _crowd(url: str, place: Path) -> tuple[object, ...]:
    """Let many scanners poll while others stay associated and say nothing."""
    with _dicom_peers.worklist(url, place) as (port, pid):
        request, query, release = units(Load(port, _DAY))
        idle = [associate(port, request) for _ in range(_IDLE)]
        of_database = _database(url)
        before, began = _cpu(pid) + _cpu(of_database), time.monotonic()
        times = _poll(port, request, query, release)
        used = _cpu(pid) + _cpu(of_database) - before
        share = used / (time.monotonic() - began)
        for connection in idle:
            connection.close()
    return _POLLING, _IDLE, f"{share:.2f}", milliseconds(percentile(times, 0.95))


def _poll(port: int, request: bytes, query: bytes, release: bytes) -> list[float]:
    """Ask as many times as the scanners do in the time that is watched, evenly spread."""
    times: list[float] = []
    gap = _EVERY_SECONDS / _POLLING
    begin = time.monotonic()
    stop = threading.Event()
    for number in range(int(_WATCHED_SECONDS / gap)):
        stop.wait(max(0.0, begin + number * gap - time.monotonic()))
        asked = time.monotonic()
        connection = associate(port, request)
        find(connection, query)
        connection.sendall(release)
        connection.close()
        times.append(time.monotonic() - asked)
    return times


def _database(url: str) -> int:
    """Return the process of the database server that was started for the benchmark."""
    argument = f"--port={make_url(url).port}"
    found: int = next(
        one.pid
        for one in psutil.process_iter(["cmdline"])
        if argument in (one.info["cmdline"] or ())
    )
    return found


def _cpu_of_clients() -> float:
    """Return the processor seconds of the clients that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu(pid: int) -> float:
    """Return the processor seconds that a process and its children have used."""
    used = 0.0
    for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += times.user + times.system + times.children_user + times.children_system
    return used
