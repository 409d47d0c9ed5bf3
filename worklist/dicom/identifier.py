"""Read the Identifier of a C-FIND request into plain keys (PS3.4 section C.2.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.charset import decode_bytes, python_encoding
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.tag import BaseTag
from pydicom.valuerep import TEXT_VR_DELIMS

from worklist.dicom import patterns

SPECIFIC_CHARACTER_SET = BaseTag(0x00080005)
_QUERY_RETRIEVE_LEVEL = BaseTag(0x00080052)
_INTEGERS = frozenset({"US", "SS"})
_BINARY = frozenset({"UL", "SL", "FL", "FD", "AT", "OB", "OW", "UN", "OF", "OD"})
_PERSON_NAME_DELIMITERS = {0x5E, 0x3D}


class IdentifierError(Exception):
    """The Identifier cannot be read or asks for something impossible (status A900).

    ``tag`` is the element at fault, where there is one.
    """

    def __init__(self, text: str, tag: BaseTag | None = None) -> None:
        super().__init__(text)
        self.tag = tag


@dataclass(frozen=True, slots=True)
class Key:
    """One key as it was asked: its values as text, or the items of a sequence.

    A key without values asks for the attribute to be returned; one with values also matches.
    """

    tag: BaseTag
    keyword: str
    vr: str
    values: tuple[str, ...] = ()
    items: tuple["Query", ...] = ()

    @property
    def universal(self) -> bool:
        """True where every entry matches (PS3.4 section C.2.2.2.3)."""
        return any(map(patterns.is_universal, self.values)) or not self.values


Query = Mapping[BaseTag, Key]


def read(dataset: Dataset) -> Query:
    """Return the keys of an Identifier.

    A Query/Retrieve Level, which the Modality Worklist does not have, is left out.

    Raises:
        IdentifierError: an element cannot be decoded, or there is no key at all.
    """
    query = _read(dataset, ("iso8859",))
    if not query:
        raise IdentifierError("The Identifier holds no key.")
    return query


def _read(dataset: Dataset, encodings: Sequence[str]) -> Query:
    encodings = _encodings(dataset) or encodings
    return {
        tag: _key(dataset, tag, encodings)
        for tag in map(BaseTag, dataset.keys())
        if tag.element != 0 and tag != _QUERY_RETRIEVE_LEVEL
    }


def _encodings(dataset: Dataset) -> tuple[str, ...]:
    """Return Python's names of the Specific Character Set; unknown terms are passed over."""
    if SPECIFIC_CHARACTER_SET not in dataset:
        return ()
    try:
        text = _text(dataset.get_item(SPECIFIC_CHARACTER_SET), "CS", ("iso8859",))
    except Exception as error:
        raise IdentifierError("The character set cannot be decoded.") from error
    terms = text.split("\\")
    return tuple(python_encoding[term.strip()] for term in terms if term.strip() in python_encoding)


def _key(dataset: Dataset, tag: BaseTag, encodings: Sequence[str]) -> Key:
    keyword = keyword_for_tag(tag)
    try:
        element = dataset.get_item(tag)
        vr = _vr(tag, element.VR)
        if vr == "SQ":
            items = tuple(_read(item, encodings) for item in dataset[tag].value)
            return Key(tag, keyword, vr, items=items)
        text = _text(element, vr, encodings)
    except Exception as error:
        raise IdentifierError(f"{keyword or tag} cannot be decoded.", tag) from error
    values = tuple(value.strip(" \0") for value in text.split("\\"))
    return Key(tag, keyword, vr, values=values if any(values) else ())


def _vr(tag: BaseTag, sent: str | None) -> str:
    """Return the dictionary's VR of a standard attribute, whatever was sent."""
    try:
        return dictionary_VR(tag)[:2]
    except KeyError:
        return str(sent or "UN")


def _text(element: DataElement | RawDataElement | None, vr: str, encodings: Sequence[str]) -> str:
    value = element.value if element is not None else None
    if value is None:
        return ""
    if not isinstance(value, bytes):
        many = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        return "\\".join(str(one) for one in many)
    if vr in _INTEGERS:
        return _integer(value, little_endian=getattr(element, "is_little_endian", True))
    if vr in _BINARY:
        return value.hex()
    delimiters = _PERSON_NAME_DELIMITERS if vr == "PN" else set(TEXT_VR_DELIMS)
    return decode_bytes(value, list(encodings), delimiters)


def _integer(value: bytes, *, little_endian: bool) -> str:
    """Return a binary integer in decimals; a zero is what some libraries send for an empty key."""
    number = int.from_bytes(value, "little" if little_endian else "big")
    return str(number) if number else ""
