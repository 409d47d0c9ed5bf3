"""Make the Identifier of a response: every requested key, with its value where there is one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydicom import Dataset
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.tag import BaseTag
from pydicom.uid import UID, ImplicitVRLittleEndian
from pynetdicom.dsutils import encode

from worklist.dicom.attributes import SOURCES, Answering, Items, Sources, Value
from worklist.dicom.entry import Entry
from worklist.dicom.identifier import SPECIFIC_CHARACTER_SET, Key, Query
from worklist.dicom.spelling import spell
from worklist.dicom.text import UNICODE, carries, encodings_of, legal, person_name, terms_of

# The VRs that the Specific Character Set concerns (PS3.5 section 6.1.2.3).
SPELLED = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_TEXT = frozenset({"AE", "CS", "SH", "LO", "ST", "LT", "UT", "UI"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a station is told: in which characters and encoding, at which offset, what not.

    ``offset`` is the Timezone Offset From UTC in which times are told, the site's zone if None.
    ``left_out`` and ``filled`` are keywords, at the top and in the step.
    """

    character_set: str = UNICODE
    transliterate: bool = False
    offset: timedelta | None = None
    transfer_syntax: str = ImplicitVRLittleEndian
    left_out: tuple[str, ...] = ()
    filled: tuple[tuple[str, str], ...] = ()


def answer(query: Query, entry: Entry, manner: Manner) -> Dataset:
    """Return the entry as the query asks for it (PS3.4 section K.4.1.1.3).

    Every requested attribute is there, at least empty; a sequence asked for without keys comes
    whole, one with keys with these. Text that the station's character set cannot carry is spelled
    with the characters it has, or the whole answer is in Unicode, as the manner says.
    """
    dataset = _item(query, SOURCES, Answering(entry, manner.offset))
    _suit(dataset, manner)
    terms = terms_of(manner.character_set)
    if not carries(terms, _texts(dataset)):
        if manner.transliterate:
            _spell(dataset, encodings_of(terms))
        else:
            terms = [UNICODE]
    if any(terms):
        value = terms[0] if len(terms) == 1 else terms
        dataset[SPECIFIC_CHARACTER_SET] = _element(SPECIFIC_CHARACTER_SET, "CS", value)
    return dataset


def everything(entry: Entry, manner: Manner) -> Dataset:
    """Return all that there is to tell of the entry."""
    return answer(_all(SOURCES), entry, manner)


def encoded(query: Query, entry: Entry, manner: Manner) -> bytes:
    """Return the answer as bytes in the manner's transfer syntax.

    Raises:
        ValueError: pydicom cannot encode it.
    """
    syntax = UID(manner.transfer_syntax)
    dataset = answer(query, entry, manner)
    data: bytes | None = encode(dataset, syntax.is_implicit_VR, syntax.is_little_endian)
    if data is None:
        raise ValueError("an answer cannot be encoded")
    return data


def _suit(dataset: Dataset, manner: Manner) -> None:
    """Leave out and fill what a fussy console needs so."""
    filled = dict(manner.filled)
    for item in (dataset, *dataset.get("ScheduledProcedureStepSequence", ())):
        for keyword in manner.left_out:
            if keyword in item:
                del item[keyword]
        for element in list(item):
            if element.keyword in filled and element.VR != "SQ" and not element.value:
                item[element.tag] = _element(
                    element.tag, element.VR, _fitting(filled[element.keyword], element.VR)
                )


def _fitting(value: str, vr: str) -> Value:
    """Return a filled value as its VR wants it; none where it is not a number and has to be one."""
    if vr not in {"US", "SS", "UL", "SL"}:
        return value
    return int(value) if value.isdecimal() else None


def _spell(dataset: Dataset, encodings: list[str]) -> None:
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                _spell(item, encodings)
        elif element.VR in SPELLED:
            values = element.value if element.VM > 1 else [element.value]
            told = [spell(str(value), encodings) for value in values]
            content = [legal(one, element.VR) for one in told] if element.VR != "PN" else told
            dataset[element.tag] = DataElement(
                element.tag,
                element.VR,
                content[0] if len(content) == 1 else content,
                validation_mode=IGNORE,
            )


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
