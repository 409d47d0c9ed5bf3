"""Three hundred open tabs on one web process: each hears what happens, none holds a connection."""

import json

import pytest
import redis

from tests.support import programs, web
from tests.support.department import make_site
from tests.support.web_process import allow_files, connections, running, wait_for
from worklist import db, news
from worklist.auth.roles import UserRole
from worklist.nudge import LIVE_CHANNEL

TABS = 300


@pytest.mark.slow
def test_an_event_reaches_every_tab(
    database: str, empty_redis: str, session_factory: db.SessionFactory
) -> None:
    try:
        allow_files(2 * TABS + 200)
    except ValueError as error:
        programs.miss(f"leave to open {2 * TABS + 200} files", str(error))
    web.make_user(session_factory, UserRole.FRONT_DESK)
    with db.transaction(session_factory) as session:
        make_site(session)
    with running(database, empty_redis) as process, redis.Redis.from_url(empty_redis) as client:
        opener, cookies = process.sign_in("dana")
        streams = [process.open_stream(cookies) for _ in range(TABS)]
        try:
            assert len(wait_for(streams, b"event: connected")) == TABS
            news.tell(client, LIVE_CHANNEL, json.dumps({"topic": "exam", "id": 7}))
            assert len(wait_for(streams, b'event: exam\ndata: {"id": 7}')) == TABS
            # The pool's connections, at most ten, are idle: no stream sits in a transaction.
            assert len(connections(database)) <= 10
            with opener.open(f"{process.address}/accounts/own", timeout=60) as page:
                assert page.status == 200
        finally:
            for stream in streams:
                stream.close()
