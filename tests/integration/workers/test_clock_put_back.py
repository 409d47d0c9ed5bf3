"""Sweeps go on where the clock is put back: Celery alone waits until the old time comes again."""

from datetime import UTC, datetime, timedelta

import pytest
from celery.beat import ScheduleEntry

from config import Settings
from workers import app
from worklist.stack.celery_processes import SweepScheduler

_START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_SWEEP = "workers.hl7.sweep"  # every 5 s
_TICKS = 60


class _Beat(SweepScheduler):
    """Keeps what it sends, and has no broker."""

    producer = None
    sent: list[str]

    def apply_entry(self, entry: ScheduleEntry, producer: object = None) -> None:  # noqa: ARG002
        self.sent.append(entry.name)

    def tick_until_idle(self) -> list[str]:
        """Let it send all that is due and return it."""
        self.sent = []
        for _ in range(_TICKS):
            if self.tick() > 0:
                return self.sent
        raise AssertionError(self.sent)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    moments = [_START]
    monkeypatch.setattr(app.app, "now", lambda: moments[-1])
    return moments


@pytest.fixture
def beat(clock: list[datetime]) -> _Beat:
    assert clock
    settings = Settings.read(
        {
            "WORKLIST_DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
            "WORKLIST_REDIS_URL": "redis://127.0.0.1:1/0",
        }
    )
    scheduler = _Beat(app.configure(settings), lazy=True)
    scheduler.setup_schedule()
    return scheduler


def test_sweeps_go_on_when_the_clock_is_put_back(beat: _Beat, clock: list[datetime]) -> None:
    beat.tick_until_idle()
    clock.append(_START + timedelta(seconds=6))
    assert _SWEEP in beat.tick_until_idle()
    clock.append(_START - timedelta(hours=1))
    assert beat.tick_until_idle() == []
    clock.append(clock[-1] + timedelta(seconds=6))
    assert beat.tick_until_idle().count(_SWEEP) == 1


def test_a_clock_put_forward_sends_each_sweep_once(beat: _Beat, clock: list[datetime]) -> None:
    beat.tick_until_idle()
    clock.append(_START + timedelta(hours=1))
    sent = beat.tick_until_idle()
    assert _SWEEP in sent
    assert len(sent) == len(set(sent))
