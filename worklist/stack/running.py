"""What is running on a data directory: written by the supervisor, read by every other command."""

import json
import os
from pathlib import Path
from typing import Self

import psutil
from pydantic import BaseModel

from config import Settings, load_settings
from worklist.stack import StartError, folders

_FILE = "running.json"
_SAME_START_SECONDS = 1.0


class ProcessRecord(BaseModel):
    """One process: its number, when it started (seconds since 1970) and how often again."""

    name: str
    pid: int
    started: float
    restarts: int = 0

    @classmethod
    def of(cls, name: str, pid: int, restarts: int = 0) -> Self:
        """Record a process that is alive now."""
        return cls(name=name, pid=pid, started=_started(pid) or 0.0, restarts=restarts)

    def is_alive(self) -> bool:
        """Return whether this very process lives, not another that was given its number."""
        started = _started(self.pid)
        return started is not None and abs(started - self.started) < _SAME_START_SECONDS


class Running(BaseModel):
    """A running stack: its supervisor, the settings of its processes, and the processes.

    The settings hold the servers' passwords; the file is readable by its owner alone.
    """

    supervisor: ProcessRecord
    environment: dict[str, str]
    processes: list[ProcessRecord]

    def settings(self) -> Settings:
        """Return the settings that the stack's processes have."""
        return load_settings(self.environment)


def _started(pid: int) -> float | None:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except psutil.NoSuchProcess:
        return None


def write(settings: Settings, processes: list[ProcessRecord]) -> None:
    """Record that this process runs a stack with these settings."""
    record = Running(
        supervisor=ProcessRecord.of("supervisor", os.getpid()),
        environment=settings.environment(),
        processes=processes,
    )
    folders.write_private(_path(settings.data_dir), json.dumps(record.model_dump(), indent=1))


def forget(settings: Settings) -> None:
    """Record that nothing runs any more."""
    _path(settings.data_dir).unlink(missing_ok=True)


def find(settings: Settings) -> Running | None:
    """Return the stack that runs on the data directory, None where none does.

    Raises:
        StartError: Another user's stack runs there.
    """
    try:
        record = Running.model_validate_json(_path(settings.data_dir).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except PermissionError as error:
        raise StartError(
            f"{settings.data_dir} belongs to another user: run this as that user, "
            "or set WORKLIST_DATA_DIR"
        ) from error
    return record if record.supervisor.is_alive() else None


def settings_in_use(settings: Settings) -> Settings:
    """Return the settings of the running stack; the given ones where none runs here.

    A database that was named explicitly is always the one that is meant.
    """
    running = find(settings) if settings.database_url is None else None
    return running.settings() if running else settings


def _path(data_dir: Path) -> Path:
    return data_dir / _FILE
