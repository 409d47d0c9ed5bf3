"""A disk without room: what runs goes on, and what cannot be done is told."""

import errno

import pytest
from structlog.testing import capture_logs

from config import Settings
from worklist.stack import running
from worklist.stack.servers import EmbeddedServers
from worklist.stack.up import Supervisor


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_the_supervisor_goes_on_where_it_cannot_write_down_what_runs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = Supervisor(settings, demo=False, simulator=False)
    monkeypatch.setattr(running, "write", _full)
    monkeypatch.setattr(EmbeddedServers, "watch", lambda _: True)  # a server was started again
    with capture_logs() as told:
        supervisor.watch()
    assert [(one["event"], one["error"]) for one in told] == [
        ("stack.not_recorded", "No space left on device")
    ]


class _Server:
    pid = None

    def run(self) -> None:
        _full()


def test_a_server_that_cannot_be_started_again_is_tried_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    servers = EmbeddedServers()

    def wait(now: int) -> bool:
        monkeypatch.setattr("time.monotonic", lambda: now)
        return servers.watch()

    monkeypatch.setattr(servers, "_servers", {"postgres": _Server()})
    with capture_logs() as told:
        tried = [now for now in range(1, 40) if wait(now)]
    assert tried == [1, 3, 7, 15, 31]  # each pause is twice the one before
    assert [one["event"] for one in told] == ["server.died", "server.not_restarted"] * 5
