"""The embedded servers of one stack: those whose addresses are not set."""

import contextlib
import time
from collections.abc import Iterator

import structlog

from config import Settings
from worklist.stack import StartError, folders, postgres, redis, running
from worklist.stack.running import ProcessRecord

_FIRST_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 30.0

log = structlog.get_logger(__name__)

Server = postgres.PostgresServer | redis.RedisServer


class EmbeddedServers:
    """Starts what is needed, keeps it running on the same ports, stops it last."""

    def __init__(self) -> None:
        self._servers: dict[str, Server] = {}
        self._restarts: dict[str, int] = {}
        self._retry_at = 0.0
        self._pause = _FIRST_PAUSE_SECONDS

    def start(self, settings: Settings) -> Settings:
        """Start what is needed; returns the settings with the servers' addresses.

        Raises:
            StartError: A server does not come up.
        """
        found: dict[str, str] = {}
        if settings.database_url is None:
            found["database_url"] = self._add("postgres", postgres.start(settings))
        if settings.redis_url is None:
            found["redis_url"] = self._add("redis", redis.start(settings))
        return settings.model_copy(update=found)

    def watch(self) -> bool:
        """Start a dead server again; tell whether anything changed."""
        dead = [name for name, server in self._servers.items() if server.pid is None]
        if not dead or time.monotonic() < self._retry_at:
            return False
        restarted = [name for name in dead if self._restart(name)]
        if restarted == dead:
            self._pause = _FIRST_PAUSE_SECONDS
        self._retry_at = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
        return True

    def stop(self) -> None:
        """Stop every server."""
        for server in reversed(self._servers.values()):
            server.stop()

    def records(self) -> list[ProcessRecord]:
        """Describe the servers that run."""
        return [
            ProcessRecord.of(name, server.pid, self._restarts[name])
            for name, server in self._servers.items()
            if server.pid is not None
        ]

    def _add(self, name: str, server: Server) -> str:
        self._servers[name] = server
        self._restarts[name] = 0
        return server.url

    def _restart(self, name: str) -> bool:
        log.error("server.died", of=name)
        try:
            self._servers[name].run()
        except (StartError, OSError) as error:
            log.error("server.not_restarted", of=name, reason=str(error))  # noqa: TRY400 - the text says it
            return False
        self._restarts[name] += 1
        log.info("server.restarted", of=name, restarts=self._restarts[name])
        return True


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Give the database's address: the one set, the running stack's, or one just for now.

    Raises:
        StartError: The embedded server does not come up.
    """
    url = running.settings_in_use(settings).database_url
    if url is not None:
        yield url
        return
    folders.prepare(settings.data_dir)
    with folders.locked(settings.data_dir):
        server = postgres.start(settings)
        try:
            yield server.url
        finally:
            server.stop()
