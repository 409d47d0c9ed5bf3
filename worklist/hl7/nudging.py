"""Nudges sent behind the sender's back: an acknowledgement must not wait for Redis."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore

import structlog

from worklist.nudge import Transport

_MOST_PENDING = 1000

log = structlog.get_logger(__name__)


class BackgroundTransport:
    """Hands nudges to one thread; where Redis cannot keep up, the sweep finds the rest."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="nudge")
        self._free = Semaphore(_MOST_PENDING)

    def send_task(self, name: str, argument: int) -> None:
        """Ask a worker to run the task ``name`` with one id."""
        self._submit(lambda: self._transport.send_task(name, argument))

    def publish(self, channel: str, message: str) -> None:
        """Tell the listeners of ``channel``."""
        self._submit(lambda: self._transport.publish(channel, message))

    def close(self) -> None:
        """Send what is pending and end the thread."""
        self._executor.shutdown()

    def _submit(self, send: Callable[[], None]) -> None:
        if self._free.acquire(blocking=False):
            self._executor.submit(self._send, send)
        else:
            log.warning("nudge.lost", error="too many pending")

    def _send(self, send: Callable[[], None]) -> None:
        try:
            send()
        except Exception as error:  # noqa: BLE001 - a lost nudge only waits for the sweep
            log.warning("nudge.lost", error=type(error).__name__)
        finally:
            self._free.release()
