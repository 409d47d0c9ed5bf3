"""Logs: one line an event, from our code and from libraries alike, without patient data.

Above debug level a key that is known to carry patient data is emptied, and an exception is told by
its type and place: its text may quote a message, a name or a row.
"""

import logging
import sys
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config import Settings

REDACTED = "[redacted]"

PATIENT_KEYS = frozenset(
    {
        "allergies", "allergy", "birth_date", "birthdate", "body", "comment", "content",
        "dataset", "date_of_birth", "dob", "email", "family_name", "first_name", "given_name",
        "identifier", "identifiers", "last_name", "message", "middle_name", "mrn", "name", "names",
        "nte", "obx", "patient", "patient_id", "patient_identifier", "patient_name", "payload",
        "phone", "pid", "raw", "segment", "segments", "ssn", "text",
    }
)  # fmt: skip

# Below this level a library tells too much: identifiers in datasets, a line for each task.
_QUIET_LIBRARIES = {
    "pynetdicom": logging.ERROR,
    "pydicom": logging.ERROR,
    "py.warnings": logging.ERROR,
    "hl7apy": logging.ERROR,
    "celery": logging.WARNING,
    "kombu": logging.WARNING,
    "alembic": logging.WARNING,
    "gunicorn": logging.WARNING,
    "sqlalchemy": logging.WARNING,
}

# Errors about machines, not about patients: their text is kept.
_TECHNICAL = ("redis", "kombu", "amqp")


class Seldom:
    """Tells of what repeats while a server is away: the first time, then once a minute how often.

    Args:
        event: Its name.
        seconds: For how long it is only counted once it was told.
        monotonic: Tells the time.
    """

    def __init__(
        self, event: str, *, seconds: float = 60.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._log = structlog.get_logger("worklist.logs")
        self._event = event
        self._seconds = seconds
        self._monotonic = monotonic
        self._times = 0
        self._silent_until = 0.0

    def tell(self, **fields: object) -> None:
        """It has happened once more; ``fields`` are told of the one that is told."""
        self._times += 1
        now = self._monotonic()
        if now >= self._silent_until:
            self._log.warning(self._event, times=self._times, **fields)
            self._times, self._silent_until = 0, now + self._seconds


def configure(settings: Settings, process: str, stream: TextIO | None = None) -> None:
    """Set up logging for this process; calling it again replaces what was set up.

    Args:
        settings: Gives the level and the format (console or JSON).
        process: The process's name, written with every event.
        stream: Where lines go; standard error when left out.
    """
    output = stream or sys.stderr
    level = logging.getLevelNamesMapping()[settings.log_level]
    shared = _shared_processors(process, tell_all=level <= logging.DEBUG)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(settings.log_format, output),
            ],
        )
    )
    if level > logging.DEBUG:
        handler.addFilter(_without_error_text)
    _use(handler, level)


def _use(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    for name, quiet in _QUIET_LIBRARIES.items():
        logging.getLogger(name).setLevel(logging.NOTSET if level <= logging.DEBUG else quiet)


def _shared_processors(process: str, *, tell_all: bool) -> list[Processor]:
    def name_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_process,
    ]
    if tell_all:
        return [*processors, structlog.processors.format_exc_info]
    return [*processors, redact, _exception_line]


def _renderer(log_format: str, output: TextIO) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer()
    if output.isatty():
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "process", "event"], bool_as_flag=False
    )


def redact(_logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Empty the keys that carry patient data, at any depth, unless the event is for debugging."""
    if method == "debug":
        return event
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: str, value: object) -> object:
    if isinstance(value, (int, type(None))):
        return value  # a row's own number, or a count
    if key.lower() in PATIENT_KEYS:
        return REDACTED
    if isinstance(value, dict):
        return {inner: _redacted(str(inner), item) for inner, item in value.items()}
    if isinstance(value, (bytes, bytearray)):
        return REDACTED
    return value


def _exception_line(_logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Tell an exception in one line: the types of its chain and where it was raised."""
    given = event.pop("exc_info", None)
    if not given or method == "debug":
        return event
    error = given if isinstance(given, BaseException) else sys.exc_info()[1]
    if isinstance(given, tuple):
        error = given[1]
    if error is not None:
        event["exception"] = describe(error)
    return event


def describe(error: BaseException) -> str:
    """Describe an exception and its causes in one line that holds no patient data."""
    parts = []
    current: BaseException | None = error
    while current is not None:
        parts.append(f"{_name(current)}{_place(current.__traceback__)}")
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return " from ".join(parts)


def _name(error: BaseException) -> str:
    name = type(error).__name__
    state = getattr(error, "sqlstate", None)
    if state:
        constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
        return f"{name}({state}{f', {constraint}' if constraint else ''})"
    if isinstance(error, OSError) or type(error).__module__.partition(".")[0] in _TECHNICAL:
        return f"{name}({' '.join(str(error).split())})"
    return name


def _place(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-4:]
    places = [f"{_short(frame.filename)}:{frame.lineno}" for frame in reversed(frames)]
    return f" at {' < '.join(places)}" if places else ""


def _short(filename: str) -> str:
    return "/".join(filename.split("/")[-2:])


def _without_error_text(record: logging.LogRecord) -> bool:
    """Celery writes a failed task's exception into its text: leave the type only."""
    if isinstance(record.args, dict) and "exc" in record.args:
        kind = record.exc_info[0] if record.exc_info else None
        record.args = {**record.args, "exc": kind.__name__ if kind else "an error"}
    return True
