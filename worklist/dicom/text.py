"""Make text legal for its value representation (PS3.5 section 6.2)."""

import re
from collections.abc import Iterable

from pydicom.charset import python_encoding

from worklist.dicom.spelling import is_encodable

# Longest value in characters; a PN is measured per component group.
_LONGEST = {"AE": 16, "CS": 16, "SH": 16, "LO": 64, "PN": 64, "ST": 1024, "LT": 10240, "UI": 64}
_SINGLE_LINE = frozenset({"AE", "CS", "SH", "LO", "PN", "UI"})
_CONTROL = re.compile(r" *[\x00-\x1f\x7f][ \x00-\x1f\x7f]*")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]+")
UNICODE = "ISO_IR 192"


def legal(value: str, vr: str) -> str:
    """Return the value without what its VR forbids, no longer than it allows.

    A backslash, which separates values, becomes a slash; in a line of text, control characters
    become blanks; what is too long is cut at the end.
    """
    if vr in _SINGLE_LINE:
        value = _CONTROL.sub(" ", value).replace("\\", "/")
    else:
        value = _CONTROL_BUT_LINES.sub(" ", value)
    if vr == "CS":
        value = re.sub(r"[^A-Z0-9 _]", "_", value.upper())
    return value.strip()[: _LONGEST.get(vr, 10240)].rstrip()


def person_name(groups: Iterable[str]) -> str:
    """Return a PN of up to three component groups, each legal, without empty ones at the end."""
    legal_groups = (legal(group.replace("=", " "), "PN").rstrip("^") for group in groups)
    return "=".join(legal_groups).rstrip("=")


def encodings_of(terms: Iterable[str]) -> list[str]:
    """Return Python's names of Specific Character Set terms; the empty term is ASCII.

    Raises:
        KeyError: a term is unknown.
    """
    return [python_encoding[term] if term else "ascii" for term in terms]


def terms_of(character_set: str) -> list[str]:
    r"""Return the terms of a station's character set, Unicode where one of them is unknown.

    Args:
        character_set: DICOM terms, several separated by ``\``; empty is the default repertoire.
    """
    terms = [term.strip() for term in character_set.split("\\")]
    return terms if all(term in python_encoding for term in terms) else [UNICODE]


def carries(terms: Iterable[str], values: Iterable[str]) -> bool:
    """Return whether the character sets have every character of the text."""
    encodings = encodings_of(terms)
    characters = {character for value in values for character in value if character > "\x7f"}
    return all(is_encodable(one, encodings) for one in characters)
