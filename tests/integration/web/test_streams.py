"""Three hundred open tabs on one web process: each hears what happens, none holds a connection."""

import json
import resource

import psycopg
import pytest
import redis
from sqlalchemy.engine import make_url

from tests.support import web
from tests.support.department import make_site
from tests.support.web_process import running, wait_for
from worklist import db
from worklist.auth.roles import UserRole
from worklist.nudge import LIVE_CHANNEL

TABS = 300


@pytest.mark.slow
def test_an_event_reaches_every_tab(
    database: str, empty_redis: str, session_factory: db.SessionFactory
) -> None:
    _allow_files(2 * TABS + 200)
    web.make_user(session_factory, UserRole.FRONT_DESK)
    with db.transaction(session_factory) as session:
        make_site(session)
    with running(database, empty_redis) as process, redis.Redis.from_url(empty_redis) as client:
        opener, cookies = process.sign_in("dana")
        streams = [process.open_stream(cookies) for _ in range(TABS)]
        try:
            assert len(wait_for(streams, b"event: connected")) == TABS
            client.publish(LIVE_CHANNEL, json.dumps({"topic": "exam", "id": 7}))
            assert len(wait_for(streams, b'event: exam\ndata: {"id": 7}')) == TABS
            # The pool's connections, at most ten, are idle: no stream sits in a transaction.
            assert _connections(database) <= 10
            with opener.open(f"{process.address}/accounts/own", timeout=20) as page:
                assert page.status == 200
        finally:
            for stream in streams:
                stream.close()


def _connections(url: str) -> int:
    plain = make_url(url).set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False)) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'worklist'"
        ).fetchone()
    return int(row[0]) if row else 0


def _allow_files(wanted: int) -> None:
    """Raise how many files this process may have open; a limit that is too low skips the test."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        if hard < wanted:
            pytest.skip(f"only {hard} open files are allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
