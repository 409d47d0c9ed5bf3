"""Whether the beat runs is seen by what it does: it has no port to be asked at."""

import pytest
import redis

from config import Settings
from tests.support.ports import free_port
from workers import app
from worklist.stack import probes
from worklist.stack.celery_processes import SweepScheduler


def _settings(redis_url: str) -> Settings:
    return Settings.read(
        {
            "WORKLIST_DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
            "WORKLIST_REDIS_URL": redis_url,
        }
    )


def test_a_beat_that_sends_sweeps_is_ready(
    empty_redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _settings(empty_redis)
    scheduler = SweepScheduler(app.configure(settings), lazy=True)
    monkeypatch.setattr(scheduler, "apply_async", lambda *_, **__: None)
    assert probes.beat(settings) == "has sent no sweep for 30 s"
    scheduler.setup_schedule()
    assert probes.beat(settings) is None
    redis.Redis.from_url(empty_redis).flushall()
    scheduler.apply_entry(scheduler.schedule["workers.hl7.sweep"])
    assert probes.beat(settings) is None


def test_without_a_broker_nobody_knows() -> None:
    settings = _settings(f"redis://127.0.0.1:{free_port()}/0")
    assert probes.beat(settings) == "the broker does not answer (ConnectionError)"
