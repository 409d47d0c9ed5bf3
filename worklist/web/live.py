"""``/events``: tells open pages which rows have changed (WHATWG server-sent events).

Each process listens to Redis once and hands on what it hears; an event carries a topic and an id,
never a name. A page that missed something is told ``connected`` and looks again. A stream holds no
database connection.
"""

import json
import queue
import threading
from collections.abc import Iterator

import redis
import structlog
from flask import Blueprint, Response

from worklist.nudge import LIVE_CHANNEL
from worklist.web import context

blueprint = Blueprint("live", __name__)

_HEARTBEAT_SECONDS = 15.0
_RETRY_SECONDS = 2.0
_MOST_WAITING = 256
_CONNECTED = "event: connected\ndata: {}\n\n"

log = structlog.get_logger(__name__)


class Hub:
    """The open streams of one process and the thread that listens for them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._streams: set[queue.Queue[str]] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def stream(self) -> Iterator[str]:
        """Yield events until the page goes away; one that falls behind is told to look again."""
        events: queue.Queue[str] = queue.Queue(_MOST_WAITING)
        self._join(events)
        try:
            yield _CONNECTED
            while True:
                try:
                    yield events.get(timeout=_HEARTBEAT_SECONDS)
                except queue.Empty:
                    yield ": still here\n\n"
        finally:
            with self._lock:
                self._streams.discard(events)

    def _join(self, events: queue.Queue[str]) -> None:
        with self._lock:
            self._streams.add(events)
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="live", daemon=True)
                self._thread.start()

    def _listen(self) -> None:
        """Hand on what Redis says; when it comes back, pages look again at everything."""
        while True:
            try:
                # No time limit: silence is normal, and the health check notices a dead peer.
                with redis.Redis.from_url(
                    self._url, socket_timeout=None, health_check_interval=30
                ) as client:
                    self._follow(client)
            except (redis.RedisError, OSError) as error:
                log.warning("live.lost", error=type(error).__name__)
                threading.Event().wait(_RETRY_SECONDS)

    def _follow(self, client: redis.Redis) -> None:
        with client.pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
            subscription.subscribe(LIVE_CHANNEL)
            self._hand_on(_CONNECTED)
            for message in subscription.listen():
                self._hand_on(as_event(message["data"]))

    def _hand_on(self, event: str) -> None:
        with self._lock:
            streams = list(self._streams)
        for events in streams:
            try:
                events.put_nowait(event)
            except queue.Full:
                _start_again(events)


def as_event(message: bytes) -> str:
    """Return the event of a nudge: ``{"topic": "exam", "id": 7}`` is named ``exam``."""
    news = json.loads(message)
    return f"event: {news['topic']}\ndata: {json.dumps({'id': news['id']})}\n\n"


@blueprint.get("/events")
def events() -> Response:
    """Stream what changes."""
    response = Response(_hub().stream(), content_type="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


_hubs: dict[str, Hub] = {}


def _hub() -> Hub:
    url = context.current().settings.require_redis_url()
    if url not in _hubs:
        _hubs[url] = Hub(url)
    return _hubs[url]


def _start_again(events: queue.Queue[str]) -> None:
    """Replace everything that a slow page has not read by one request to look again."""
    with events.mutex:
        events.queue.clear()
    events.put_nowait(_CONNECTED)
