"""Tasks while the database is away: a line each that says so, no error of the program."""

import logging
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from config import Settings
from tests.support.ports import free_port
from workers import app, scheduling
from worklist.stack.celery_processes import SweepScheduler


def test_a_task_that_finds_no_database_is_told_in_a_line(caplog: pytest.LogCaptureFixture) -> None:
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    app.configure(
        Settings.read({"WORKLIST_DATABASE_URL": nowhere, "WORKLIST_REDIS_URL": "redis://127.0.0.1"})
    )
    with caplog.at_level(logging.WARNING, logger="celery"), capture_logs() as told:
        assert scheduling.sweep.apply().failed()
    assert [(one["event"], one["error"]) for one in told] == [
        ("task.database_away", "OperationalError")
    ]
    assert caplog.messages == []


def test_a_task_looked_at_before_its_application_is_configured_knows_it_too() -> None:
    looked_at = "from workers import app, scheduling; print(scheduling.sweep.throws)"
    told = subprocess.run(
        [sys.executable, "-c", looked_at], capture_output=True, check=True, text=True
    )
    assert "OperationalError" in told.stdout


def test_a_broker_that_is_away_is_told_once_not_at_each_sweep(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = Settings.read(
        {
            "WORKLIST_DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
            "WORKLIST_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        }
    )
    scheduler = SweepScheduler(app.configure(settings), lazy=True)
    scheduler.setup_schedule()
    entry = scheduler.schedule["workers.hl7.sweep"]
    with caplog.at_level(logging.WARNING, logger="celery"), capture_logs() as told:
        for _ in range(3):
            scheduler.apply_entry(entry)
    assert [(one["event"], one["times"]) for one in told] == [("sweep.not_sent", 1)]
    assert caplog.messages == []
