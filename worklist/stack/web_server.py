"""The web process: gunicorn with gevent workers, configured here and nowhere else."""

import logging
import os
import sys
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.errors import AppImportError, HaltServer
from gunicorn.glogging import Logger

from config import Settings
from worklist import logs, memory
from worklist.errors import DomainError
from worklist.stack import child

_MAX_CONNECTIONS = 1000  # of one worker; an open page holds one for its event stream
_GRACEFUL_SECONDS = 1  # event streams never end by themselves


class _OurLogs(Logger):  # type: ignore[misc]
    """Sends gunicorn's own words through the project's logs."""

    def setup(self, cfg: object) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.propagate = True
        self.access_log.setLevel(logging.CRITICAL)

    def reopen_files(self) -> None:
        """There are none."""


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        address = self._settings.bind
        host = f"[{address}]" if ":" in address else address
        options = {
            "bind": f"{host}:{self._settings.http_port}",
            "workers": self._settings.web_workers,
            "worker_class": "gevent",
            "worker_connections": _MAX_CONNECTIONS,
            "graceful_timeout": _GRACEFUL_SECONDS,
            "keepalive": 5,
            "logger_class": _OurLogs,
            "control_socket_disable": True,
            "proc_name": "worklist-web",
            "post_fork": _after_fork,
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: PTH112, S108 - a RAM disk for heartbeats
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        from workers.app import install_nudges  # noqa: PLC0415 - after gevent has patched
        from worklist import migrations  # noqa: PLC0415 - same
        from worklist.app import create_app  # noqa: PLC0415 - same

        try:
            migrations.check(self._settings.require_database_url())
        except DomainError as error:
            raise AppImportError(str(error)) from error
        install_nudges(self._settings)
        application: Callable[..., Any] = create_app(self._settings)
        memory.keep_loaded()
        return application


def _after_fork(arbiter: Any, _worker: object) -> None:  # noqa: ANN401 - gunicorn has no types
    child.die_with_parent(parent=arbiter.pid)


def serve(settings: Settings) -> None:
    """Serve pages, the APIs and event streams until told to stop.

    A worker that cannot load the application ends them all. Gunicorn ends without its exit code
    where another worker says the same while it stops for the first.
    """
    logs.configure(settings, "web")
    sys.argv[:] = ["worklist-web"]
    try:
        _Server(settings).run()
    except HaltServer as halt:
        sys.exit(halt.exit_status)
