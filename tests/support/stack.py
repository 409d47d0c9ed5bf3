"""The real stack: ``worklist up`` as a process of its own, with all its children."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from config import PREFIX, Settings
from worklist.stack import running
from worklist.stack.status import look

ROOT = Path(__file__).parents[2]
_START_SECONDS = 240.0
_STOP_SECONDS = 60.0
_POLL_SECONDS = 0.05
_LAST_WORDS = "Ctrl-C stops everything"  # of the screen, also where something is late


@dataclass
class Stack:
    """A running stack: its supervisor, and the settings that its processes have."""

    supervisor: subprocess.Popen[bytes]
    settings: Settings
    output: Path

    def pid(self, name: str) -> int:
        """Return the number of a process that runs now."""
        return _pids(self.settings)[name]

    def kill(self, name: str) -> int:
        """Kill a process at once, with everything that it has started; returns its number."""
        victim = psutil.Process(self.pid(name))
        children = victim.children(recursive=True)
        victim.kill()
        for child in children:
            child.kill()
        return int(victim.pid)

    def wait_for_restart(self, name: str, before: int, *, seconds: float = 60) -> None:
        """Wait until another process has taken the place of the one with this number."""
        wait_until(lambda: _pids(self.settings).get(name, before) != before, seconds=seconds)

    def family(self) -> list[psutil.Process]:
        """Return the supervisor and everything below it."""
        supervisor = psutil.Process(self.supervisor.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """Return the processor time that the whole family has used so far."""
        times = [process.cpu_times() for process in self.family()]
        return float(sum(one.user + one.system for one in times))


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process runs; one that has ended may wait a moment for init to notice."""
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(true: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait until something holds; fails when it does not in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(_POLL_SECONDS)


def variables(**settings: str) -> dict[str, str]:
    """Return the environment of a process with these settings and no others of ours."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return others | {PREFIX + name: value for name, value in settings.items()}


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """Return the variables of a stack on free ports in this folder; ``settings`` say more."""
    ports = dict.fromkeys(("HTTP_PORT", "MLLP_PORT", "DICOM_PORT"), "0")
    return variables(**ports | {"DATA_DIR": str(data_dir)} | settings)


@contextmanager
def running_stack(data_dir: Path, *options: str, **settings: str) -> Iterator[Stack]:
    """Run ``worklist up --demo`` until it is ready, by default without the simulator.

    Args:
        data_dir: Its data directory; what is in it already is gone on with.
        options: The options after ``up``; ``--demo --no-simulator`` when left out.
        settings: More settings, without their prefix.
    """
    output = data_dir.with_suffix(".out")
    given_environment = environment(data_dir, **settings)
    chosen = options or ("--demo", "--no-simulator")
    with output.open("wb") as file:
        supervisor = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "worklist.cli",
                "up",
                *chosen,
            ],
            cwd=ROOT,
            env=given_environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        given = Settings.read(given_environment)
        wait_until(lambda: _shows(supervisor, output, _LAST_WORDS), seconds=_START_SECONDS)
        if not _shows(supervisor, output, "Worklist is ready"):
            wait_until(lambda: look(given).ready, seconds=_START_SECONDS)
        yield Stack(supervisor, running.settings_in_use(given), output)
    finally:
        stop(supervisor)


def _shows(supervisor: "subprocess.Popen[bytes]", output: Path, words: str) -> bool:
    assert supervisor.poll() is None, output.read_text()
    return words in output.read_text()


def stop(supervisor: "subprocess.Popen[bytes]") -> None:
    """Send Ctrl-C and wait; a supervisor that does not end is killed."""
    if supervisor.poll() is None:
        supervisor.send_signal(signal.SIGINT)
    try:
        supervisor.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()
        raise


def _pids(settings: Settings) -> dict[str, int]:
    found = running.find(settings.model_copy(update={"database_url": None}))
    return {record.name: record.pid for record in found.processes} if found else {}
