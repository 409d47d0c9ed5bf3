"""A broker that is down costs the sender of a nudge no waiting."""

from typing import NoReturn

import kombu.utils.functional
import pytest
from kombu.exceptions import OperationalError

from config import Settings
from workers.app import RedisTransport


def test_a_nudge_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(_seconds: float) -> NoReturn:
        pytest.fail("a nudge must not wait for the broker")

    monkeypatch.setattr(kombu.utils.functional, "sleep", wait)
    # Port 1 refuses: nothing listens there.
    transport = RedisTransport(Settings.read({"WORKLIST_REDIS_URL": "redis://127.0.0.1:1/0"}))
    with pytest.raises(OperationalError):
        transport.send_task("workers.reading.admit", 1)
