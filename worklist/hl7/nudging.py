"""Nudges sent behind the sender's back: an acknowledgement must not wait for Redis."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from typing import Protocol

from worklist.logs import Seldom

_MOST_PENDING = 1000
# As many messages as one task does in a row where more wait than can be sent one by one: a way
# through the broker costs half a millisecond, in the process that answers the senders.
_TOGETHER = 4


class Sender(Protocol):
    """What nudges are handed to: as `nudge.Transport`, but for several ids at once."""

    def send_task(self, name: str, *arguments: int) -> None:
        """Ask a worker to run the task ``name`` with these ids."""

    def publish(self, channel: str, message: str) -> None:
        """Tell the listeners of ``channel``."""


class BackgroundTransport:
    """Hands nudges to one thread; where Redis cannot keep up, the sweep finds the rest."""

    def __init__(self, transport: Sender) -> None:
        self._transport = transport
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="nudge")
        self._lost = Seldom("nudge.lost")
        self._free = Semaphore(_MOST_PENDING)
        self._pending: deque[tuple[str, int]] = deque(maxlen=_MOST_PENDING)

    def send_task(self, name: str, argument: int) -> None:
        """Ask a worker to run the task ``name`` with one id; those that wait are sent together."""
        self._pending.append((name, argument))
        self._submit(self._send_some)

    def publish(self, channel: str, message: str) -> None:
        """Tell the listeners of ``channel``."""
        self._submit(lambda: self._transport.publish(channel, message))

    def close(self) -> None:
        """Send what is pending and end the thread."""
        self._executor.shutdown()

    def _send_some(self) -> None:
        """Send what waits for the task that is next; only this class's one thread takes away."""
        arguments: list[int] = []
        name = self._pending[0][0] if self._pending else ""
        while self._pending and self._pending[0][0] == name and len(arguments) < _TOGETHER:
            arguments.append(self._pending.popleft()[1])
        if arguments:
            self._transport.send_task(name, *arguments)

    def _submit(self, send: Callable[[], None]) -> None:
        if self._free.acquire(blocking=False):
            self._executor.submit(self._send, send)
        else:
            self._lost.tell(error="too many pending")

    def _send(self, send: Callable[[], None]) -> None:
        try:
            send()
        except Exception as error:  # noqa: BLE001 - a lost nudge only waits for the sweep
            self._lost.tell(error=type(error).__name__)
        finally:
            self._free.release()
