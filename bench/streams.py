"""Three hundred open tabs on one web process: memory, database connections, how soon they hear."""

import json
import time
from collections.abc import Iterator

import redis

import worklist.tables  # noqa: F401 - a flush follows foreign keys to every table
from bench.measure import Table, milliseconds, percentile
from bench.servers import broker, database
from tests.support import web
from tests.support.department import make_site
from tests.support.web_process import WebProcess, allow_files, connections, running, wait_for
from worklist import db, news
from worklist.auth.roles import UserRole
from worklist.nudge import LIVE_CHANNEL

TITLE = "Open event streams"
_TABS = 300
_EVENTS = 20
_IDLE_SECONDS = 20.0
_MEGABYTE = 1024 * 1024


def run() -> Iterator[Table]:
    """Open the tabs, send them events, and let them idle."""
    allow_files(4096)
    with database() as url, broker() as redis_url:
        engine = db.make_engine(url)
        sessions = db.make_session_factory(engine)
        with db.transaction(sessions) as session:
            make_site(session)
        web.make_user(sessions, UserRole.FRONT_DESK)
        engine.dispose()
        with running(url, redis_url) as process:
            row = _measure(process, url, redis_url)
    yield Table(
        (
            "tabs",
            "memory before",
            "memory with them",
            "database connections",
            "an event reaches all, p50",
            "p95",
            "processor while idle",
        ),
        [row],
        "One web process. Target: 300 tabs, an event at all of them within 1 s.",
    )


def _measure(process: WebProcess, database_url: str, redis_url: str) -> tuple[object, ...]:
    _, cookies = process.sign_in("dana")
    before = process.worker.memory_info().rss
    streams = [process.open_stream(cookies) for _ in range(_TABS)]
    wait_for(streams, b"event: connected")
    times = []
    with redis.Redis.from_url(redis_url) as client:
        for number in range(_EVENTS):
            news.tell(client, LIVE_CHANNEL, json.dumps({"topic": "exam", "id": number + 1000}))
            times.append(max(wait_for(streams, f'"id": {number + 1000}}}'.encode())))
    after = process.worker.memory_info().rss
    # Those that are idle in the pool are held by nobody.
    held = sum(state != "idle" for state in connections(database_url))
    used = sum(process.worker.cpu_times()[:2])
    time.sleep(_IDLE_SECONDS)
    used = sum(process.worker.cpu_times()[:2]) - used
    for stream in streams:
        stream.close()
    return (
        _TABS,
        f"{before / _MEGABYTE:.0f} MB",
        f"{after / _MEGABYTE:.0f} MB",
        held,
        milliseconds(percentile(times, 0.5)),
        milliseconds(percentile(times, 0.95)),
        f"{used / _IDLE_SECONDS:.1%} of a core",
    )
