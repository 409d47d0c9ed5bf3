"""``/events``: tells open pages which rows have changed (WHATWG server-sent events).

Each process follows one Redis stream and hands on what it hears; an event carries a topic and an
id, never a name. A page says how far the news had come when it was made, and is told what came
after; where that is not known any more it is told ``connected`` and looks again at everything. A
stream holds no database connection.
"""

import json
import queue
import threading
from collections import deque
from collections.abc import Callable, Generator

import redis
from flask import Blueprint, Flask, Response, g, request

from worklist.logs import Seldom
from worklist.news import hear, tell
from worklist.nudge import LIVE_CHANNEL
from worklist.web import context, sign_in

blueprint = Blueprint("live", __name__)

_HEARTBEAT_SECONDS = 15.0
_RETRY_SECONDS = 2.0
_BEGIN_SECONDS = 0.5
_BLOCK_SECONDS = 20
_MOST_WAITING = 256
_MOST_REMEMBERED = 200
_HELLO = ": listening\n\n"
_HEARTBEAT = ": still here\n\n"
# News of accounts, and that some may have been missed.
_OF_ACCOUNTS = ("event: user\n", "event: connected\n")
_LOST = "event: lost\ndata: {}\n\n"


class Hub:
    """The open streams of one process, and the thread that follows the news for them.

    A position is the id of an entry of the Redis stream; ``None`` while there is no news to follow.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._streams: set[queue.Queue[str]] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._recent: deque[tuple[str, str]] = deque(maxlen=_MOST_REMEMBERED)
        self._is_lost = False
        self._lost = Seldom("live.lost")
        self._begun = threading.Event()
        self.position: str | None = None

    def begin(self) -> str | None:
        """Follow the news from now on, if nobody has begun; returns the position.

        Waits a moment for the first one: the first page after a start knows where it stands.
        """
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="live", daemon=True)
                self._thread.start()
        self._begun.wait(_BEGIN_SECONDS)
        return self.position

    def stream(self, since: str, is_open: Callable[[], bool] = lambda: True) -> Generator[str]:
        """Yield events until the page goes away; one that falls behind is told to look again.

        ``since`` is the position up to which the page knows all news, or anything else. The stream
        ends where ``is_open`` says so: it is asked when there is news of accounts, and when such
        news may have been missed.
        """
        events: queue.Queue[str] = queue.Queue(_MOST_WAITING)
        self._join(events, since)
        try:
            yield _HELLO
            while True:
                try:
                    event = events.get(timeout=_HEARTBEAT_SECONDS)
                except queue.Empty:
                    event = _HEARTBEAT
                if any(name in event for name in _OF_ACCOUNTS) and not is_open():
                    return
                yield event
        finally:
            with self._lock:
                self._streams.discard(events)

    def _join(self, events: queue.Queue[str], since: str) -> None:
        self.begin()
        with self._lock:
            self._streams.add(events)
            if self._is_lost:
                events.put_nowait(_LOST)
            if self.position is not None:
                for event in self._after(since, self.position):
                    events.put_nowait(event)

    def _after(self, since: str, position: str) -> list[str]:
        """Return what a page has to hear that knows everything up to ``since``."""
        known = [one for one, _ in self._recent]
        if since not in known:
            return [_named("connected", position)]
        missed = list(self._recent)[known.index(since) + 1 :]
        return [*(event for _, event in missed if event), _named("resumed", position)]

    def _listen(self) -> None:
        """Hand on what Redis says; when it comes back, pages look again at everything."""
        while True:
            try:
                with redis.Redis.from_url(
                    self._url, socket_timeout=2 * _BLOCK_SECONDS, protocol=2
                ) as client:
                    self._follow(client)
            except (redis.RedisError, OSError) as error:
                self._lost.tell(error=type(error).__name__)
                self._lose()
                threading.Event().wait(_RETRY_SECONDS)

    def _follow(self, client: redis.Redis) -> None:
        # An entry of our own marks where this process begins: nothing before it is known here.
        last = tell(client, LIVE_CHANNEL, "")
        self._hand_on(last, _named("connected", last))
        while True:
            for position, message in hear(client, LIVE_CHANNEL, last, seconds=_BLOCK_SECONDS):
                last = position
                # An empty entry marks where another process begins: it is no news, only a position.
                self._hand_on(position, as_event(position, message) if message else "")

    def _hand_on(self, position: str, event: str) -> None:
        with self._lock:
            self._recent.append((position, event))
            self.position, self._is_lost = position, False
            if event:
                self._put(event)
        self._begun.set()

    def _lose(self) -> None:
        """Forget what was heard: whoever has news may not have got it to Redis meanwhile."""
        with self._lock:
            self._recent.clear()
            self.position = None
            if not self._is_lost:
                self._is_lost = True
                self._put(_LOST)
        self._begun.set()

    def _put(self, event: str) -> None:
        for events in self._streams:
            try:
                events.put_nowait(event)
            except queue.Full:
                _start_again(events, self.position or "")


def as_event(position: str, message: bytes) -> str:
    """Return the event of a nudge: ``{"topic": "exam", "id": 7}`` is named ``exam``."""
    news = json.loads(message)
    return f"id: {position}\nevent: {news['topic']}\ndata: {json.dumps({'id': news['id']})}\n\n"


def _named(name: str, position: str) -> str:
    return f"id: {position}\nevent: {name}\ndata: {{}}\n\n"


def _start_again(events: queue.Queue[str], position: str) -> None:
    """Replace everything that a slow page has not read by one request to look again."""
    with events.mutex:
        events.queue.clear()
    events.put_nowait(_named("connected", position))


def install(app: Flask) -> None:
    """Let every page say how far the news had come before it read anything."""
    app.before_request(_remember_position)
    app.jinja_env.globals.update(news_position=lambda: g.get("news_position"))


def _remember_position() -> None:
    settings = context.current().settings
    hub = _hubs.get(settings.redis_url or "")
    if hub is None and settings.redis_url and "text/html" in request.headers.get("Accept", ""):
        _hub().begin()  # a browser opens the first page of this process
        hub = _hub()
    g.news_position = hub.position if hub else None


@blueprint.get("/events")
def events() -> Response:
    """Stream what changes after ``?since=``, or after what the browser heard last of a stream."""
    since = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    stream = _hub().stream(since, sign_in.still_open())
    response = Response(stream, content_type="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


_hubs: dict[str, Hub] = {}


def _hub() -> Hub:
    url = context.current().settings.require_redis_url()
    if url not in _hubs:
        _hubs[url] = Hub(url)
    return _hubs[url]
