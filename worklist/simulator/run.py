"""Run the simulated hospital and the simulated scanners against a department until stopped."""

import random
import signal
import threading
from collections.abc import Sequence
from types import FrameType
from zoneinfo import ZoneInfo

import structlog

import worklist.tables  # noqa: F401 - a flush follows foreign keys to every table
from config import Settings
from worklist import db
from worklist.clock import Clock, system_clock
from worklist.demonstration.load import ACTOR, read_department, read_peers, read_procedures
from worklist.hl7.mllp_client import MllpClient
from worklist.hl7.peers import service as peers
from worklist.simulator.demand import Demand
from worklist.simulator.history import History, is_needed
from worklist.simulator.hospital import SENDER, Hospital
from worklist.simulator.pace import Pace
from worklist.simulator.receiver import Receiver
from worklist.simulator.scanner import Department, Scanner, waiting_exams
from worklist.stack.probes import reachable_address

_TICK_SECONDS = 0.25
_LAST_WORDS_SECONDS = 2.0
_HISTORY = "history"

log = structlog.get_logger(__name__)


def run(settings: Settings) -> None:
    """Play hospital and scanners over the stack's own ports until SIGTERM or SIGINT.

    Raises:
        RuntimeError: one of its threads has died.
    """
    stop = threading.Event()

    def stop_now(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop_now)
    history = start_history(settings, stop)
    threads = [*history, *start(settings, stop, after=history), *start_receiver(settings, stop)]
    log.info("simulator.running", mllp_port=settings.mllp_port, dicom_port=settings.dicom_port)
    while not stop.wait(_TICK_SECONDS):
        if not all(thread.is_alive() for thread in threads if thread.name != _HISTORY):
            raise RuntimeError("a thread of the simulator has died: its error is in the log")
    for thread in threads:
        thread.join(_LAST_WORDS_SECONDS)
    log.info("simulator.stopped")


def start(
    settings: Settings,
    stop: threading.Event,
    *,
    after: Sequence[threading.Thread] = (),
    pace: Pace | None = None,
    rng: random.Random | None = None,
    clock: Clock = system_clock,
) -> list[threading.Thread]:
    """Start the hospital and the scanners; they end soon after ``stop`` is set.

    The scanners wait until the threads ``after`` have ended: they would begin exams of the days
    before while these are still being played.
    """
    pace = pace or Pace()
    hospital = make_hospital(settings, pace, rng or random.Random(), clock)  # noqa: S311 - no secret
    scanners = make_scanners(settings, pace, clock)
    threads = [
        threading.Thread(target=hospital.run, args=(stop,), name="hospital", daemon=True),
        threading.Thread(
            target=_take_turns, args=(scanners, clock, stop, after), name="scanners", daemon=True
        ),
    ]
    for thread in threads:
        thread.start()
    return threads


def start_receiver(
    settings: Settings, stop: threading.Event, *, clock: Clock = system_clock
) -> list[threading.Thread]:
    """Start to listen as the hospital and its archive, and have them sent to at that port."""
    host = reachable_address(settings)
    receiver = Receiver(host, issuer=SENDER.facility, clock=clock)
    engine = db.make_engine(settings.require_database_url(), pool_size=1)
    try:
        with db.transaction(db.make_session_factory(engine)) as session:
            for entry in read_peers().peers:
                reached = entry.model_copy(update={"host": host, "port": receiver.port})
                peers.save(session, reached, actor=ACTOR, now=clock())
    finally:
        engine.dispose()
    thread = threading.Thread(target=receiver.run, args=(stop,), name="receiver", daemon=True)
    thread.start()
    return [thread]


def start_history(settings: Settings, stop: threading.Event) -> list[threading.Thread]:
    """Start to play the days before, where the department has never had an order."""
    engine = db.make_engine(settings.require_database_url(), pool_size=1)
    sessions = db.make_session_factory(engine)
    if not is_needed(sessions):
        engine.dispose()
        return []
    rng = random.Random()  # noqa: S311 - no secret
    history = History(
        sessions,
        Demand(read_procedures().procedures, rng),
        rng=rng,
        zone=_department(settings).zone,
        now=system_clock(),
    )
    thread = threading.Thread(target=history.play, args=(stop,), name=_HISTORY, daemon=True)
    thread.start()
    return [thread]


def make_hospital(settings: Settings, pace: Pace, rng: random.Random, clock: Clock) -> Hospital:
    """Return the hospital that sends to the stack's MLLP port."""
    department = _department(settings)
    calling = read_department().rooms[0].stations[0].ae_title
    return Hospital(
        MllpClient(department.host, settings.mllp_port),
        Demand(read_procedures().procedures, rng),
        waiting=lambda: waiting_exams(department, calling, clock()),
        department=read_department(),
        pace=pace,
        rng=rng,
        zone=department.zone,
        clock=clock,
    )


def make_scanners(settings: Settings, pace: Pace, clock: Clock) -> list[Scanner]:
    """Return a scanner for each station of the demonstration department."""
    department = _department(settings)
    procedures = {one.code: one for one in read_procedures().procedures}
    return [
        Scanner(station, department, procedures, issuer=SENDER.facility, pace=pace, clock=clock)
        for room in read_department().rooms
        for station in room.stations
    ]


def _department(settings: Settings) -> Department:
    zone = ZoneInfo(read_department().sites[0].time_zone)
    host = reachable_address(settings)
    return Department(host, settings.dicom_port, settings.ae_title, zone)


def _take_turns(
    scanners: Sequence[Scanner],
    clock: Clock,
    stop: threading.Event,
    after: Sequence[threading.Thread],
) -> None:
    for thread in after:
        thread.join()
    while not stop.wait(_TICK_SECONDS):
        for scanner in scanners:
            if stop.is_set():
                return
            if scanner.due <= clock():
                scanner.turn()
