"""Tasks while the database is away: a line each that says so, no error of the program."""

import logging

import pytest
from structlog.testing import capture_logs

from config import Settings
from tests.support.stack import free_port
from workers import app, context, scheduling


def test_a_task_that_finds_no_database_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    monkeypatch.setattr(context, "_of_process", {})
    app.configure(
        Settings.read({"WORKLIST_DATABASE_URL": nowhere, "WORKLIST_REDIS_URL": "redis://127.0.0.1"})
    )
    with caplog.at_level(logging.WARNING, logger="celery"), capture_logs() as told:
        assert scheduling.sweep.apply().failed()
    assert [(one["event"], one["error"]) for one in told] == [
        ("task.database_away", "OperationalError")
    ]
    assert caplog.messages == []
