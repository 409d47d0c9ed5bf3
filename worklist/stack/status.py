"""``worklist status``: what runs, where, and whether it is ready."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from config import Settings
from worklist.stack import running, screen
from worklist.stack.probes import PROBES, reachable_address
from worklist.stack.processes import NAMES


@dataclasses.dataclass(frozen=True)
class ProcessStatus:
    """One process: whether it runs, where it listens, and what keeps it from being ready."""

    name: str
    pid: int | None
    running: bool
    ready: bool
    address: str | None
    port: int | None
    restarts: int
    problem: str | None


@dataclasses.dataclass(frozen=True)
class StackStatus:
    """The whole stack; ``supervised`` is false for processes that were started one by one."""

    supervised: bool
    ready: bool
    data_dir: str
    processes: list[ProcessStatus]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dataclasses.asdict(self)


def look(settings: Settings) -> StackStatus:
    """Look at the stack of the data directory, or at the processes that the settings name.

    Without a supervisor a process counts as running when it answers.
    """
    stack = running.find(settings) if settings.database_url is None else None
    used = stack.settings() if stack else settings
    records = {record.name: record for record in stack.processes} if stack else {}
    names = list(dict.fromkeys([*records, *NAMES]))
    with ThreadPoolExecutor(len(names)) as pool:
        problems = dict(zip(names, pool.map(lambda name: _ask(name, used), names), strict=True))
    found = [_status(name, used, records.get(name), problems[name]) for name in names]
    return StackStatus(
        supervised=stack is not None,
        ready=all(process.ready for process in found),
        data_dir=str(used.data_dir),
        processes=found,
    )


def _ask(name: str, settings: Settings) -> str | None:
    if name in {"worker", "beat"} and settings.redis_url is None:
        return "no broker is running"
    probe = PROBES.get(name)
    return probe(settings) if probe else None


def _status(
    name: str, settings: Settings, record: running.ProcessRecord | None, problem: str | None
) -> ProcessStatus:
    can_be_asked = name in PROBES
    alive = record.is_alive() if record else can_be_asked and problem is None
    if not alive:
        problem = problem or "is not running"
    address, port = _place(name, settings)
    return ProcessStatus(
        name=name,
        pid=record.pid if record and alive else None,
        running=alive,
        ready=alive and problem is None,
        address=address,
        port=port,
        restarts=record.restarts if record else 0,
        problem=problem,
    )


def _place(name: str, settings: Settings) -> tuple[str | None, int | None]:
    host = reachable_address(settings)
    places = {
        "web": (screen.web_address(settings), settings.http_port),
        "mllp": (f"mllp://{host}:{settings.mllp_port}", settings.mllp_port),
        "dicom": (f"dicom://{settings.ae_title}@{host}:{settings.dicom_port}", settings.dicom_port),
    }
    return places.get(name, (None, None))


def table(status: StackStatus) -> str:
    """Return the form for a person, one line a process."""
    if not any(process.running for process in status.processes):
        return f"Nothing is running on {status.data_dir}. Start it with `worklist up`."
    lines = [_line(process) for process in status.processes]
    return "\n".join([*lines, "", "Everything is ready." if status.ready else "Not ready."])


def _line(process: ProcessStatus) -> str:
    state = "ready" if process.ready else (process.problem or "not ready")
    restarts = f", restarted {process.restarts} times" if process.restarts else ""
    pid = f"pid {process.pid}" if process.pid else ""
    return f"{process.name:<10}{pid:<12}{process.address or '':<40}{state}{restarts}".rstrip()
