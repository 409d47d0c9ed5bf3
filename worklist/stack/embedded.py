"""What the embedded servers have in common: a process of this one's, on the loopback address."""

import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from worklist.stack import StartError
from worklist.stack.service_user import ServiceUser

if TYPE_CHECKING:
    import subprocess

_POLL_SECONDS = 0.02


class EmbeddedServer(ABC):
    """A server program that runs as long as this process wants it.

    Attributes:
        port: Its port on the loopback address; 0 before it has run.
    """

    name: ClassVar[str]
    setting: ClassVar[str]
    start_seconds: ClassVar[float]

    def __init__(self, data_dir: Path, user: ServiceUser) -> None:
        self._data_dir = data_dir
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def pid(self) -> int | None:
        """The server's process, None when it is not running."""
        alive = self._process is not None and self._process.poll() is None
        return self._process.pid if alive and self._process else None

    @abstractmethod
    def stop(self) -> None:
        """Stop the server, if it runs."""

    def _wait_until_ready(
        self, ask: Callable[[], object], not_yet: type[Exception], log: Path
    ) -> None:
        """Ask until the server answers instead of ``not_yet``.

        Raises:
            StartError: It does not, and is stopped.
        """
        deadline = time.monotonic() + self.start_seconds
        while time.monotonic() < deadline and self.pid is not None:
            with contextlib.suppress(not_yet):
                ask()
                return
            time.sleep(_POLL_SECONDS)
        self.stop()
        raise StartError(
            f"the embedded {self.name} does not start, {log} says why "
            f"(or set {self.setting} to another server)"
        )
