"""Worklist queries: one station's day, at several sizes, beside other worklist servers."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

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
    rows = [row for size, answers in _SIZES.items() for row in _at(size, answers, peers)]
    with _department(_LARGEST, _LARGEST_ANSWERS) as (url, place):
        rows += _ours(_LARGEST, url, place)
        crowd = _crowd(url, place)
    yield Table(
        ("entries", "answers", "server", "association", "queries/s", "p50", "p95"),
        rows,
        "Two clients at once. Target: ahead at every size; as fast at 1,000,000 entries as at "
        "1,000 (within 1.2 times).",
    )
    yield Table(
        ("scanners polling", "idle associations", "share of one core", "p95"),
        [crowd],
        "Target: less than 0.5 of one core, the database's work included.",
    )


def _at(size: int, answers: int, peers: dict[str, Peer]) -> Iterator[tuple[object, ...]]:
    with _department(size, answers) as (url, place):
        yield from _ours(size, url, place)
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


def _ours(size: int, url: str, place: Path) -> list[tuple[object, ...]]:
    with _dicom_peers.worklist(url, place) as (port, _):
        measure(Load(port, _DAY, seconds=2.0))
        return list(_rows(size, "worklist", port))


def _rows(size: int, server: str, port: int, seconds: float = 5.0) -> Iterator[tuple[object, ...]]:
    load = Load(port, _DAY, seconds=seconds)
    for name, one in (("new", load), ("kept open", kept_open(load))):
        outcome = measure(one)
        yield (f"{size:,}", *outcome.answers, server, name, *_figures(outcome))


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
        watched = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        watched += [one for one in psutil.process_iter(["name"]) if one.info["name"] == "postgres"]
        before, began = _cpu(watched), time.monotonic()
        times = _poll(port, request, query, release)
        share = (_cpu(watched) - before) / (time.monotonic() - began)
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


def _cpu(processes: list[psutil.Process]) -> float:
    """Return the processor seconds that the processes have used."""
    used = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += times.user + times.system
    return used
