"""Logs: one line an event, and nothing of a patient above debug level."""

import io
import json
import logging
from typing import Any

import pytest
import structlog

from config import Settings
from worklist import logs

SECRET = "DOE^JANE"


def configured(level: str = "INFO", log_format: str = "json") -> io.StringIO:
    stream = io.StringIO()
    environ = {"WORKLIST_LOG_LEVEL": level, "WORKLIST_LOG_FORMAT": log_format}
    logs.configure(Settings.read(environ), "web", stream)
    return stream


def only_event(stream: io.StringIO) -> dict[str, Any]:
    (line,) = stream.getvalue().splitlines()
    event: dict[str, Any] = json.loads(line)
    return event


def fail() -> None:
    try:
        int(SECRET)
    except ValueError as error:
        raise LookupError(f"bad\nvalue {SECRET}") from error


def test_an_event_says_when_where_and_what() -> None:
    stream = configured()
    structlog.get_logger("here").info("order.received", order=7)
    event = only_event(stream)
    assert event["event"] == "order.received"
    assert event["order"] == 7
    assert event["process"] == "web"
    assert event["level"] == "info"
    assert event["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "key", ["patient_name", "patient_id", "mrn", "birth_date", "payload", "raw"]
)
@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_patient_keys_are_emptied_above_debug(key: str, level: str) -> None:
    stream = configured()
    getattr(structlog.get_logger(), level)("x", **{key: SECRET}, inner={key: SECRET})
    assert SECRET not in stream.getvalue()
    assert only_event(stream)[key] == logs.REDACTED


def test_debug_shows_them() -> None:
    stream = configured("DEBUG")
    structlog.get_logger().debug("x", patient_name=SECRET)
    assert only_event(stream)["patient_name"] == SECRET


def test_debug_events_are_left_out_by_default() -> None:
    stream = configured()
    structlog.get_logger().debug("x", patient_name=SECRET)
    logging.getLogger("pynetdicom").info(SECRET)
    logging.getLogger("pydicom").warning(SECRET)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_an_exception_is_one_line_without_its_text(log_format: str) -> None:
    stream = configured(log_format=log_format)
    try:
        fail()
    except LookupError:
        structlog.get_logger().exception("failed")
        logging.getLogger("library").exception("failed too")
    first, second = stream.getvalue().splitlines()
    for line in (first, second):
        assert SECRET not in line
        assert "LookupError at unit/test_logs.py" in line
        assert "from ValueError" in line


def test_an_exception_tells_all_when_debugging() -> None:
    stream = configured("DEBUG")
    try:
        fail()
    except LookupError:
        structlog.get_logger().exception("failed")
    assert SECRET in only_event(stream)["exception"]


def test_a_failed_task_is_logged_without_its_exceptions_text() -> None:
    stream = configured()
    context = {"name": "workers.hl7.process", "id": "1", "exc": repr(ValueError(SECRET))}
    logging.getLogger("celery.app.trace").error("Task %(name)s[%(id)s]: %(exc)s", context)
    assert only_event(stream)["event"] == "Task workers.hl7.process[1]: an error"


def test_what_repeats_is_told_once_a_minute_with_how_often() -> None:
    now = 100.0
    seldom = logs.Seldom("redis.lost", monotonic=lambda: now)
    with structlog.testing.capture_logs() as told:
        for now in (100.0, 101.0, 159.0, 160.0, 161.0):  # noqa: B007 - the clock reads it
            seldom.tell(error="ConnectionError")
    assert [(one["event"], one["times"], one["error"]) for one in told] == [
        ("redis.lost", 1, "ConnectionError"),
        ("redis.lost", 3, "ConnectionError"),
    ]
