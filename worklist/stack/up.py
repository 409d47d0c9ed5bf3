"""``worklist up``: start everything, say where it is, keep it running, stop it."""

import signal
import time
from collections.abc import Callable
from types import FrameType

import structlog

from config import Settings
from worklist import logs, migrations
from worklist.stack import StartError, folders, ports, processes, running, screen
from worklist.stack.log_files import LogFiles
from worklist.stack.probes import PROBES, dicom_port, none
from worklist.stack.processes import Process
from worklist.stack.secret_settings import with_kept_secrets
from worklist.stack.servers import EmbeddedServers

_POLL_SECONDS = 0.1
_READY_SECONDS = 60.0
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

log = structlog.get_logger(__name__)


class Supervisor:
    """One stack on one data directory, whose lock the caller holds."""

    def __init__(self, settings: Settings, *, demo: bool, simulator: bool) -> None:
        self.settings = settings
        self.demo = demo
        self.servers = EmbeddedServers()
        self.processes: list[Process] = []
        self._logs = LogFiles(settings.data_dir / "logs")
        self._names = [*processes.NAMES, *([processes.SIMULATOR] if simulator else [])]

    def start(self) -> None:
        """Start the servers, bring the schema up to date, start every process.

        Raises:
            StartError: Something cannot be had; the text names what to change.
        """
        self.settings = self.servers.start(ports.with_ports(self.settings))
        self.settings = with_kept_secrets(self.settings, demo=self.demo)
        migrations.upgrade(self.settings.require_database_url())
        if self.demo:
            from worklist.stack import demonstration  # noqa: PLC0415 - only for a demonstration

            demonstration.load(self.settings)
        folders.clear_metrics(self.settings.data_dir)
        for name in self._names:
            process = Process(name, self.settings)
            process.start()
            self.processes.append(process)
        self.record()

    def wait_until_ready(self) -> list[str]:
        """Wait until every process answers; returns the names of those that do not in time."""
        waiting = dict.fromkeys(process.name for process in self.processes)
        deadline = time.monotonic() + _READY_SECONDS
        while waiting and time.monotonic() < deadline:
            self.watch()
            for name in [name for name in waiting if self._is_ready(name)]:
                del waiting[name]
            time.sleep(_POLL_SECONDS)
        return list(waiting)

    def watch(self) -> None:
        """Start again whatever has died; keep the logs short."""
        self._logs.watch()
        changed = [self.servers.watch(), *(process.watch() for process in self.processes)]
        if any(changed):
            self._record_if_possible()

    def stop(self) -> None:
        """Stop everything: the processes first, then the servers that they use."""
        processes.stop(self.processes)
        self.servers.stop()
        running.forget(self.settings)

    def record(self) -> None:
        """Write down what runs, for the other commands."""
        alive = [record for process in self.processes if (record := process.record())]
        running.write(self.settings, [*self.servers.records(), *alive])

    def _record_if_possible(self) -> None:
        """What runs goes on running where the disk has no room to write down what runs."""
        try:
            self.record()
        except OSError as error:
            log.warning("stack.not_recorded", error=error.strerror)

    def _is_ready(self, name: str) -> bool:
        process = next(process for process in self.processes if process.name == name)
        return process.is_alive and _start_probe(name)(self.settings) is None


def run(settings: Settings, *, demo: bool, simulator: bool) -> None:
    """Run the stack until Ctrl-C or SIGTERM.

    Raises:
        StartError: It cannot start; whatever had started has been stopped.
    """
    began = time.monotonic()
    if problems := settings.unreadable_files():
        raise StartError("; ".join(problems))
    folders.prepare(settings.data_dir)
    with folders.locked(settings.data_dir):
        logs.configure(settings, "up")
        supervisor = Supervisor(settings, demo=demo, simulator=simulator)
        _on_stop_signals(_interrupt)
        try:
            supervisor.start()
            late = supervisor.wait_until_ready()
            screen.show(supervisor.settings, demo=demo, late=late, seconds=time.monotonic() - began)
            while True:
                supervisor.watch()
                time.sleep(_POLL_SECONDS)
        except KeyboardInterrupt:
            screen.stopping()
        finally:
            _on_stop_signals(signal.SIG_IGN)
            supervisor.stop()


def _start_probe(name: str) -> Callable[[Settings], str | None]:
    """While starting, a DICOM port that accepts is enough: a full C-ECHO is slow to prepare."""
    return dicom_port if name == "dicom" else PROBES.get(name, none)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _on_stop_signals(action: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in _STOP_SIGNALS:
        signal.signal(number, action)
