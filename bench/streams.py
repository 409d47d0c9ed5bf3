"""Three hundred open tabs on one web process: memory, database connections, how soon they hear."""

import json
import resource
import time
from collections.abc import Iterator

import psycopg
import redis
from sqlalchemy.engine import make_url

import worklist.tables  # noqa: F401 - a flush follows foreign keys to every table
from bench.measure import Table, milliseconds, percentile
from bench.servers import database, folder
from config import Settings
from tests.support import web
from tests.support.department import make_site
from tests.support.web_process import WebProcess, running, wait_for
from worklist import db
from worklist.auth.roles import UserRole
from worklist.nudge import LIVE_CHANNEL
from worklist.stack import folders
from worklist.stack import redis as redis_server

TITLE = "Open event streams"
_TABS = 300
_EVENTS = 20
_IDLE_SECONDS = 20.0
_MEGABYTE = 1024 * 1024


def run() -> Iterator[Table]:
    """Open the tabs, tell them of events, and let them idle."""
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    )
    with database() as url, folder() as place:
        settings = Settings.read({"WORKLIST_DATA_DIR": str(place / "var")})
        folders.prepare(settings.data_dir)
        server = redis_server.start(settings)
        try:
            engine = db.make_engine(url)
            sessions = db.make_session_factory(engine)
            with db.transaction(sessions) as session:
                make_site(session)
            web.make_user(sessions, UserRole.FRONT_DESK)
            engine.dispose()
            with running(url, server.url) as process:
                row = _measure(process, url, server.url)
        finally:
            server.stop()
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
            client.publish(LIVE_CHANNEL, json.dumps({"topic": "exam", "id": number + 1000}))
            times.append(max(wait_for(streams, f'"id": {number + 1000}}}'.encode())))
    after = process.worker.memory_info().rss
    held = _connections(database_url)
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


def _connections(url: str) -> int:
    """Return how many of the web process' connections are not idle in its pool."""
    plain = make_url(url).set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False)) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'worklist' AND state <> 'idle'"
        ).fetchone()
    return int(row[0]) if row else 0
