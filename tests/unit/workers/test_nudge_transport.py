"""A broker that is down costs the sender of a nudge no waiting."""

from typing import NoReturn

import kombu.utils.functional
import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from config import Settings
from workers import app as workers


def test_a_nudge_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(_seconds: float) -> NoReturn:
        pytest.fail("a nudge must not wait for the broker")

    monkeypatch.setattr(kombu.utils.functional, "sleep", wait)
    # One of its own: the process's keeps the connections that other tests have made.
    monkeypatch.setattr(workers, "app", Celery("nudges", set_as_current=False))
    # Port 1 refuses: nothing listens there.
    transport = workers.RedisTransport(
        Settings.read({"WORKLIST_REDIS_URL": "redis://127.0.0.1:1/0"})
    )
    with pytest.raises(OperationalError):
        transport.send_task("workers.reading.admit", 1)
