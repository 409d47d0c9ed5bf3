"""Make text legal for its value representation (PS3.5 section 6.2)."""

import re
from collections.abc import Iterable

from pydicom.charset import python_encoding

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


def choose_character_set(wanted: str, values: Iterable[str]) -> list[str]:
    r"""Return the values of Specific Character Set that can carry all of the text.

    Args:
        wanted: A station's set as DICOM terms, several separated by ``\``; empty is the default
            repertoire.
        values: The text to be sent.

    Returns:
        The wanted terms, or Unicode where they cannot carry the text or are unknown.
    """
    terms = [term.strip() for term in wanted.split("\\")]
    if any(term not in python_encoding for term in terms):
        return [UNICODE]
    encodings = [python_encoding[term] if term else "ascii" for term in terms]
    characters = {character for value in values for character in value if character > "\x7f"}
    if all(any(_encodable(one, encoding) for encoding in encodings) for one in characters):
        return terms if any(terms) else []
    return [UNICODE]


def _encodable(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
