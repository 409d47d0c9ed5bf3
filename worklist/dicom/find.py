"""Answer a Modality Worklist query (PS3.4 section K.4.1)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from pydicom import Dataset
from pynetdicom import evt

from worklist.dicom import identifier, matching, metrics, times
from worklist.dicom.answer import answer
from worklist.dicom.attributes import FROM_FACTS
from worklist.dicom.context import ServerContext
from worklist.dicom.entries import read_entries
from worklist.dicom.identifier import IdentifierError, Query

CANCELLED = 0xFE00
PENDING = 0xFF00
PENDING_WITH_UNSUPPORTED_KEYS = 0xFF01
IDENTIFIER_DOES_NOT_MATCH = 0xA900
UNABLE_TO_PROCESS = 0xC001
_COMMENT_LENGTH = 64
_ANSWERS_AT_ONCE = 25
_MOMENT_SECONDS = 0.0005

Response = tuple[int | Dataset, Dataset | None]

log = structlog.get_logger(__name__)


class _Found:
    """The entries of one query and how to tell them."""

    def __init__(self, context: ServerContext, dataset: Dataset, calling: str) -> None:
        """Read the query and the entries, with one statement.

        Raises:
            IdentifierError: the query cannot be understood.
        """
        self.query: Query = identifier.read(dataset)
        stations = context.directory.stations()
        match = matching.build(self.query, stations, default_zone=context.time_zone)
        self.character_set = stations.character_set(calling)
        self.unsupported = match.unsupported
        self.offset = _offset(self.query)
        with context.sessions() as session:
            self.entries = read_entries(
                session,
                match,
                stations,
                default_zone=context.time_zone,
                with_facts=match.needs_facts or not FROM_FACTS.isdisjoint(self.query),
            )

    def responses(self) -> Iterator[Response]:
        """Give one pending response for each entry."""
        status = PENDING_WITH_UNSUPPORTED_KEYS if self.unsupported else PENDING
        for entry in self.entries:
            yield (
                status,
                answer(self.query, entry, character_set=self.character_set, offset=self.offset),
            )


def handle_find(event: evt.Event, context: ServerContext) -> Iterator[Response]:
    """Answer a C-FIND request: pynetdicom sends what this gives and ends it with success."""
    record = _Record(calling=event.assoc.requestor.ae_title)
    try:
        yield from _answers(event, context, record)
    except IdentifierError as error:
        record.outcome = "refused"
        log.warning("dicom.find.refused", calling=record.calling, reason=str(error))
        yield _refusal(error), None
    except Exception:
        record.outcome = "failed"
        log.exception("dicom.find.failed", calling=record.calling)
        yield _failure(UNABLE_TO_PROCESS, "The worklist cannot answer now. Try again."), None
    finally:
        record.close()


@dataclass(slots=True)
class _Record:
    """What is logged and counted of a query: names of keys, no values."""

    calling: str
    outcome: str = "aborted"
    sent: int = 0
    keys: list[str] = field(default_factory=list)
    unsupported: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def close(self) -> None:
        seconds = time.perf_counter() - self.started
        metrics.FINDS.labels(self.outcome).inc()
        metrics.ANSWERS.inc(self.sent)
        metrics.FIND_SECONDS.observe(seconds)
        log.info(
            "dicom.find",
            calling=self.calling,
            keys=self.keys,
            unsupported=self.unsupported,
            answers=self.sent,
            outcome=self.outcome,
            ms=round(seconds * 1000, 1),
        )


def _answers(event: evt.Event, context: ServerContext, record: _Record) -> Iterator[Response]:
    found = _Found(context, _identifier_of(event), record.calling)
    record.keys, record.unsupported = _names(found.query), found.unsupported
    for response in found.responses():
        if event.is_cancelled:
            record.outcome = "cancelled"
            yield CANCELLED, None
            return
        yield response
        record.sent += 1
        if record.sent % _ANSWERS_AT_ONCE == 0:
            _wait_until_sent(event)
    record.outcome = "success"


def _wait_until_sent(event: evt.Event) -> None:
    """Let pynetdicom send what waits: only then does it look for a C-CANCEL."""
    while event.assoc.dul.to_provider_queue.qsize() and event.assoc.is_established:
        time.sleep(_MOMENT_SECONDS)


def _identifier_of(event: evt.Event) -> Dataset:
    try:
        dataset: Dataset = event.identifier
    except Exception as error:
        raise IdentifierError("The Identifier cannot be decoded.") from error
    return dataset


def _offset(query: Query) -> timedelta | None:
    key = query.get(matching.TIMEZONE_OFFSET)
    return times.parse_offset(key.values[0]) if key and key.values else None


def _names(query: Query) -> list[str]:
    """Return the names of the keys that match, without their values."""
    return [
        name
        for key in query.values()
        if key.tag != identifier.SPECIFIC_CHARACTER_SET
        for name in (
            [f"{key.keyword}.{inner}" for item in key.items for inner in _names(item)]
            or ([key.keyword] if not key.universal else [])
        )
    ]


def _failure(status: int, comment: str) -> Dataset:
    dataset = Dataset()
    dataset.Status = status
    dataset.ErrorComment = comment[:_COMMENT_LENGTH]
    return dataset


def _refusal(error: IdentifierError) -> Dataset:
    dataset = _failure(IDENTIFIER_DOES_NOT_MATCH, str(error))
    if error.tag is not None:
        dataset.OffendingElement = error.tag
    return dataset
