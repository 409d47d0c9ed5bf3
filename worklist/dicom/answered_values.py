"""Match a key against the value that the answer would tell.

For the keys that are not columns of the database: what a station is told of contrast, transport,
weight or allergies is made from several columns and facts, and a key matches exactly what its
answer would hold. Asked only of entries that the other keys leave.
"""

from collections.abc import Iterator

from pydicom.datadict import tag_for_keyword
from pydicom.tag import BaseTag

from worklist.dicom import patterns
from worklist.dicom.attributes import SOURCES, STEP, Answering, Items, Sources, Value
from worklist.dicom.entry import Entry
from worklist.dicom.identifier import Key

_NUMBERS = frozenset({"DS", "IS", "US"})
STEP_SEQUENCE = "ScheduledProcedureStepSequence"

# A value stands in the step, or in an item of a sequence of the step or of the top.
_DEEPEST = 2

Path = tuple[str, ...]


def is_answered(path: Path) -> bool:
    """Return whether answers hold a value for the attribute at this path."""
    sources = STEP if path[0] == STEP_SEQUENCE else SOURCES
    rest = path[1:] if sources is STEP else path
    return bool(rest) and _tag(rest[0]) in sources and len(rest) <= _DEEPEST


def matches(path: Path, key: Key, entry: Entry) -> bool:
    """Return whether one of the key's values matches one that the entry is told with."""
    answering = Answering(entry, None)
    return any(
        _matches(wanted, value, key.vr)
        for value in _values(SOURCES, path, answering)
        for wanted in key.values
    )


def values(path: Path, entry: Entry) -> list[str]:
    """Return what the entry is told with at this path."""
    return [value for value in _values(SOURCES, path, Answering(entry, None)) if value]


def _values(sources: Sources, path: Path, answering: Answering) -> Iterator[str]:
    source = sources.get(_tag(path[0]))
    value: Value = source(answering) if source else None
    if isinstance(value, Items):
        for item in value if len(path) > 1 else ():
            yield from _values(item, path[1:], answering)
    elif isinstance(value, list):
        yield from map(str, value)
    elif value is not None:
        yield str(value)


def _matches(wanted: str, value: str, vr: str) -> bool:
    if vr == "PN":
        return patterns.name_matches(wanted, value.split("="))
    if vr in _NUMBERS:
        return _number(wanted) is not None and _number(wanted) == _number(value)
    return patterns.matches(wanted.upper() if vr == "CS" else wanted, value)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _tag(keyword: str) -> BaseTag:
    return BaseTag(tag_for_keyword(keyword) or 0)
