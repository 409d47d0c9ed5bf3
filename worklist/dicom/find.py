"""Answer a Modality Worklist query (PS3.4 section K.4.1)."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog
from pydicom import Dataset

from worklist.catalogue.profiles import OverLimit
from worklist.dicom import dimse, entries, identifier, listing, matching, metrics
from worklist.dicom.answer import Manner, encoded
from worklist.dicom.attributes import FROM_FACTS
from worklist.dicom.context import ServerContext
from worklist.dicom.dimse import CANCELLED, SUCCESS, Reply
from worklist.dicom.entry import Entry
from worklist.dicom.identifier import IdentifierError, Query
from worklist.dicom.matching import Match
from worklist.dicom.matching_times import offset_of
from worklist.dicom.profile import Profile
from worklist.dicom.query_log import Asked
from worklist.dicom.reader import Statement
from worklist.dicom.request import Batches, Request
from worklist.dicom.stations import StationList

PENDING = 0xFF00
PENDING_WITH_UNSUPPORTED_KEYS = 0xFF01
OUT_OF_RESOURCES = 0xA700
IDENTIFIER_DOES_NOT_MATCH = 0xA900
UNABLE_TO_PROCESS = 0xC001
# A C-CANCEL is heard between batches.
_BATCH = 100

# A row's text, and the entry where it had to be read already.
_Row = tuple[str, Entry | None]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A query as it is understood: kept, since a scanner asks the same thing all day.

    Queries of the same ``way`` are told the same of an entry, whatever they match.
    """

    query: Query
    match: Match
    statement: Statement
    stations: StationList
    manner: Manner
    profile: Profile
    names: list[str]
    way: str


def prepare(request: Request, context: ServerContext) -> Prepared:
    """Understand a query.

    Raises:
        IdentifierError: it cannot be understood.
    """
    stations = context.directory.stations()
    key = (
        request.data,
        request.transfer_syntax,
        request.calling,
        request.fuzzy_names,
        stations.version,
    )
    known: Prepared | None = context.prepared.get(key)
    if known is None:
        known = _prepare(request, stations, context)
        context.prepared.put(key, known)
    return known


def _prepare(request: Request, stations: StationList, context: ServerContext) -> Prepared:
    query = identifier.read(_dataset(request))
    profile = stations.profile(request.calling)
    match = matching.build(
        profile.forced(query, request.calling),
        stations,
        default_zone=context.time_zone,
        profile=profile,
        fuzzy_names=request.fuzzy_names,
    )
    manner = Manner(
        character_set=stations.character_set(request.calling),
        transliterate=profile.transliterate,
        offset=offset_of(query),
        transfer_syntax=request.transfer_syntax,
        left_out=profile.left_out,
        filled=tuple(profile.filled.items()),
    )
    return Prepared(
        query=query,
        match=match,
        statement=entries.compiled(
            match,
            default_zone=context.time_zone,
            with_facts=match.needs_facts or not FROM_FACTS.isdisjoint(query),
            most=None if match.predicates else profile.answer_limit + 1,
        ),
        stations=stations,
        manner=manner,
        profile=profile,
        names=_names(query),
        way=repr((stations.version, manner, _shape(query))),
    )


def _dataset(request: Request) -> Dataset:
    try:
        return request.dataset()
    except Exception as error:
        raise IdentifierError("The Identifier cannot be decoded.") from error


def answer(request: Request, context: ServerContext) -> Batches:
    """Give the answers to a C-FIND request, batch by batch."""
    record = _Record(request, context)
    try:
        yield from _answers(request, context, record)
    except IdentifierError as error:
        log.warning("dicom.find.refused", calling=request.calling, reason=str(error))
        yield [record.close("refused", _refusal(request, error))]
    except psycopg.OperationalError as error:
        log.error("dicom.find.failed", calling=request.calling, error=type(error).__name__)  # noqa: TRY400 - where the absence was noticed says nothing
        yield [record.close("failed", _unable(request))]
    except Exception:
        log.exception("dicom.find.failed", calling=request.calling)
        yield [record.close("failed", _unable(request))]


def _unable(request: Request) -> Reply:
    return _failure(request, UNABLE_TO_PROCESS, "The worklist cannot answer now. Try again.")


@dataclass(slots=True)
class _Record:
    """What is counted, logged (names of keys, no values) and kept of a query."""

    request: Request
    context: ServerContext
    sent: int = 0
    keys: list[str] = field(default_factory=list)
    unsupported: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def close(self, outcome: str, final: Reply) -> Reply:
        """Note how the query ended; return its last reply."""
        seconds = time.perf_counter() - self.started
        metrics.FINDS.labels(outcome).inc()
        metrics.ANSWERS.inc(self.sent)
        metrics.FIND_SECONDS.observe(seconds)
        self._keep(outcome, seconds)
        log.info(
            "dicom.find",
            calling=self.request.calling,
            keys=self.keys,
            unsupported=self.unsupported,
            answers=self.sent,
            outcome=outcome,
            ms=round(seconds * 1000, 1),
        )
        return final

    def _keep(self, outcome: str, seconds: float) -> None:
        request = self.request
        self.context.query_log.add(
            Asked(
                calling=request.calling,
                address=request.address,
                identifier=request.data,
                transfer_syntax=request.transfer_syntax,
                fuzzy_names=request.fuzzy_names,
                asked_at=self.context.clock(),
                outcome=outcome,
                answers=self.sent,
                milliseconds=round(seconds * 1000, 1),
            )
        )


def _answers(request: Request, context: ServerContext, record: _Record) -> Batches:
    prepared = prepare(request, context)
    record.keys, record.unsupported = prepared.names, prepared.match.unsupported
    limit = prepared.profile.answer_limit
    found = list(itertools.islice(_found(request, context, prepared), limit + 1))
    over = len(found) > limit
    if over:
        log.warning("dicom.find.over_limit", calling=request.calling, limit=limit)
    if over and prepared.profile.over_limit is OverLimit.REFUSE:
        comment = f"More than {limit} entries match. Ask for less."
        yield [record.close("over limit", _failure(request, OUT_OF_RESOURCES, comment))]
        return
    told = (_told(row, prepared, context) for row in found[:limit])
    yield from _batches(request, told, record, outcome="partial" if over else "success")


def _batches(request: Request, told: Iterator[bytes], record: _Record, *, outcome: str) -> Batches:
    status = PENDING_WITH_UNSUPPORTED_KEYS if record.unsupported else PENDING
    while True:
        batch = [
            dimse.reply(request.command, status, data)
            for data in itertools.islice(told, _BATCH)
            if not request.cancelled
        ]
        record.sent += len(batch)
        if request.cancelled:
            yield [*batch, record.close("cancelled", dimse.reply(request.command, CANCELLED))]
            return
        if len(batch) < _BATCH:
            yield [*batch, record.close(outcome, dimse.reply(request.command, SUCCESS))]
            return
        yield batch


def _found(request: Request, context: ServerContext, prepared: Prepared) -> Iterator[_Row]:
    """Give the rows that match."""
    statement = prepared.statement
    when = {listing.ASKED_AT: context.clock()} if listing.ASKED_AT in statement.parameters else {}
    if not prepared.match.predicates:
        yield from ((text, None) for text in context.reader.texts(statement, when))
        return
    for text in context.reader.stream(statement, when):
        if request.cancelled:
            return
        entry = entries.decode(text, prepared.stations)
        if prepared.match.keeps(entry):
            yield text, entry


def _told(row: _Row, prepared: Prepared, context: ServerContext) -> bytes:
    """Return the encoded answer. The same entry told the same way is encoded once."""
    text, entry = row
    key = (prepared.way, text)
    data = context.told.get(key)
    if data is None:
        entry = entry or entries.decode(text, prepared.stations)
        data = encoded(prepared.query, entry, prepared.manner)
        context.told.put(key, data)
    return data


def _shape(query: Query) -> list[Any]:
    """Return what of a query shapes its answers: the keys without their values."""
    return [(int(key.tag), key.vr, [_shape(item) for item in key.items]) for key in query.values()]


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


def _failure(
    request: Request,
    status: int,
    comment: str,
    **fields: Any,  # noqa: ANN401 - elements
) -> Reply:
    comment = comment[: dimse.COMMENT_LENGTH]
    return dimse.reply(request.command, status, ErrorComment=comment, **fields)


def _refusal(request: Request, error: IdentifierError) -> Reply:
    element = {"OffendingElement": error.tag} if error.tag is not None else {}
    return _failure(request, IDENTIFIER_DOES_NOT_MATCH, str(error), **element)
