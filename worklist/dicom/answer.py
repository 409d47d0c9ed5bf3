"""Make the Identifier of a response: every requested key, with its value where there is one."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from pydicom import Dataset
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.tag import BaseTag
from pydicom.uid import UID
from pynetdicom.dsutils import encode

from worklist.dicom.attributes import SOURCES, Answering, Items, Sources, Value
from worklist.dicom.entry import Entry
from worklist.dicom.identifier import SPECIFIC_CHARACTER_SET, Key, Query
from worklist.dicom.text import choose_character_set, legal, person_name

_TEXT = frozenset({"AE", "CS", "SH", "LO", "ST", "LT", "UT", "UI"})


def answer(
    query: Query, entry: Entry, *, character_set: str, offset: timedelta | None = None
) -> Dataset:
    """Return the entry as the query asks for it (PS3.4 section K.4.1.1.3).

    Every requested attribute is there, at least empty; a sequence asked for without keys comes
    whole, one with keys with these. Text is in the character set given, or in Unicode where that
    cannot carry it.

    Args:
        query: The keys of the request.
        entry: What to tell.
        character_set: The station's Specific Character Set.
        offset: The Timezone Offset From UTC in which times are told; the site's zone if None.
    """
    dataset = _item(query, SOURCES, Answering(entry, offset))
    terms = choose_character_set(character_set, _texts(dataset))
    if terms:
        value = terms[0] if len(terms) == 1 else terms
        dataset[SPECIFIC_CHARACTER_SET] = _element(SPECIFIC_CHARACTER_SET, "CS", value)
    return dataset


def encoded(
    query: Query,
    entry: Entry,
    *,
    character_set: str,
    offset: timedelta | None,
    transfer_syntax: str,
) -> bytes:
    """Return the answer as bytes in the transfer syntax."""
    dataset = answer(query, entry, character_set=character_set, offset=offset)
    syntax = UID(transfer_syntax)
    data: bytes | None = encode(dataset, syntax.is_implicit_VR, syntax.is_little_endian)
    if data is None:
        raise ValueError("an answer cannot be encoded")
    return data


def _item(query: Query, sources: Sources, answering: Answering) -> Dataset:
    dataset = Dataset()
    for tag, key in query.items():
        if tag == SPECIFIC_CHARACTER_SET:
            continue
        source = sources.get(tag)
        value = source(answering) if source else None
        if isinstance(value, Items):
            dataset[tag] = _sequence(key, value, answering)
        else:
            dataset[tag] = _element(tag, key.vr, value)
    return dataset


def _sequence(key: Key, items: Items, answering: Answering) -> DataElement:
    asked = next(iter(key.items), None)
    return DataElement(
        key.tag,
        "SQ",
        [_item(asked or _all(sources), sources, answering) for sources in items],
    )


def _all(sources: Sources) -> Query:
    """Return keys that ask for everything there is."""
    return {tag: Key(tag, "", dictionary_VR(tag)) for tag in sources}


def _element(tag: BaseTag, vr: str, value: Value) -> DataElement:
    """Return a legal element, empty where there is no value."""
    if vr == "SQ":
        return DataElement(tag, vr, [])
    return DataElement(tag, vr, _content(vr, value), validation_mode=IGNORE)


def _content(vr: str, value: Value) -> str | int | list[str] | bytes:
    if vr in {"UN", "OB", "OW"}:
        return b""
    if isinstance(value, list):
        return [legal(str(one), vr) for one in value] or ""
    return _legal(value, vr) if isinstance(value, str) else "" if value is None else value


def _legal(value: str, vr: str) -> str:
    if vr == "PN":
        return person_name(value.split("="))
    return legal(value, vr) if vr in _TEXT else value


def _texts(dataset: Dataset) -> Iterator[str]:
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from _texts(item)
        elif isinstance(element.value, Sequence) and not isinstance(element.value, str | bytes):
            yield from map(str, element.value)
        else:
            yield str(element.value)
