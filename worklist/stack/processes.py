"""The department's processes: started, watched, started again, stopped."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from config import PREFIX, Settings
from worklist.stack import child, folders
from worklist.stack.running import ProcessRecord

if TYPE_CHECKING:
    import subprocess

NAMES = ("web", "mllp", "dicom", "worker", "beat")
SIMULATOR = "simulate"

_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 30.0
_STEADY_SECONDS = 60.0
# Ctrl-C is over within 5 s: processes have two, the servers need less than the rest.
_STOP_SECONDS = 2.0
_KILL_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Process:
    """One command of ``worklist`` as a supervised child."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.restarts = 0
        self.popen: subprocess.Popen[bytes] | None = None
        self._settings = settings
        self._started = 0.0
        self._delay = _FIRST_DELAY_SECONDS
        self._retry_at: float | None = None

    @property
    def log(self) -> Path:
        """The file that its output goes to."""
        return self._settings.data_dir / "logs" / f"{self.name}.log"

    @property
    def is_alive(self) -> bool:
        """Return whether it runs at this moment."""
        return self.popen is not None and self.popen.poll() is None

    def start(self) -> None:
        """Start it; its output is appended to its log."""
        with folders.open_private(self.log, os.O_WRONLY | os.O_APPEND) as output:
            self.popen = child.spawn(
                [sys.executable, "-m", "worklist.cli", self.name],
                environ=_environment(self._settings),
                output=output,
            )
        self._started = time.monotonic()

    def watch(self) -> bool:
        """Start it again if it has died and its pause is over; tell whether anything changed."""
        if self.is_alive:
            return False
        now = time.monotonic()
        if self._retry_at is None:
            self._note_death(now)
            return True
        if now < self._retry_at:
            return False
        self._retry_at = None
        self.restarts += 1
        self.start()
        log.info("process.restarted", of=self.name, restarts=self.restarts)
        return True

    def record(self) -> ProcessRecord | None:
        """Describe the running process, None when it does not run."""
        if self.popen is None or not self.is_alive:
            return None
        return ProcessRecord.of(self.name, self.popen.pid, self.restarts)

    def _note_death(self, now: float) -> None:
        assert self.popen is not None  # noqa: S101 - it was started before it could die
        child.signal_group(self.popen, signal.SIGKILL)  # what it left behind
        if now - self._started > _STEADY_SECONDS:
            self._delay = _FIRST_DELAY_SECONDS
        self._retry_at = now + self._delay
        log.error(
            "process.died",
            of=self.name,
            exit_code=self.popen.returncode,
            again_in_seconds=self._delay,
            log=str(self.log),
        )
        self._delay = min(self._delay * 2, _LONGEST_DELAY_SECONDS)


def stop(processes: list[Process]) -> None:
    """Stop processes together: a polite request, then no choice, for whole process groups."""
    started = [process.popen for process in processes if process.popen is not None]
    for popen in started:
        if popen.poll() is None:
            popen.terminate()
    child.wait_until_gone(started, _STOP_SECONDS)
    for popen in started:
        child.signal_group(popen, signal.SIGKILL)
    child.wait_until_gone(started, _KILL_SECONDS)


def _environment(settings: Settings) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    ours = {
        "PYTHONUNBUFFERED": "1",
        # Each process counts in a file of its own; /metrics adds them up.
        "PROMETHEUS_MULTIPROC_DIR": str(folders.metrics(settings.data_dir)),
    }
    return {**others, **settings.environment(), **ours}
