"""The character sets of HL7 table 0211 as Python codecs.

Two kinds are our own, registered on import: CNS 11643, and ISO 2022 code extension as several
repetitions of MSH-18 announce it.
"""

import codecs
from collections.abc import Sequence

from worklist.hl7 import cns11643, iso2022

# By MSH-18, as far as one set needs no escape sequences.
PLAIN = {
    "ASCII": "ascii",
    "ISO IR6": "ascii",
    **{f"8859/{part}": f"iso8859-{part}" for part in (*range(1, 12), 13, 14, 15, 16)},
    "ISO IR14": "shift_jis",
    "JIS X 0201": "shift_jis",
    "GB 18030-2000": "gb18030",
    "GB 18030": "gb18030",
    "KS X 1001": "euc_kr",
    "CNS 11643-1992": cns11643.NAME,
    "BIG-5": "big5",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UNICODE UTF-16": "utf-16",
    "UNICODE UTF-32": "utf-32",
}
ESCAPED = ("ISO IR87", "ISO IR159", "JIS X 0202", "JIS X 0208", "JIS X 0212")
KNOWN = (*PLAIN, *ESCAPED)
JAPANESE = ("~ISO IR87", "~ISO IR87~ISO IR159", "ISO IR14~ISO IR87~ISO IR159")
_EXTENDED = "hl7_iso2022_"


def is_extended(names: Sequence[str]) -> bool:
    """Return whether the repetitions of MSH-18 announce escape sequences."""
    return len(names) > 1 or names[0] in ESCAPED


def split(character_set: str) -> list[str]:
    """Return the repetitions of MSH-18 parted by ``~``; an empty first one stands for ASCII."""
    names = [one.strip().upper() for one in character_set.split("~")]
    return [names[0] or "ASCII", *filter(None, names[1:])]


def codec(names: Sequence[str]) -> str:
    """Return the name of the Python codec of what MSH-18 names, each one of `KNOWN`."""
    if not is_extended(names):
        return PLAIN[names[0]]
    return _EXTENDED + "_".join(str(KNOWN.index(name)) for name in names)


def _search(name: str) -> codecs.CodecInfo | None:
    if name == cns11643.NAME:
        return codecs.CodecInfo(
            lambda text, _="strict": (cns11643.encode(text), len(text)),
            lambda raw, _="strict": (cns11643.decode(bytes(raw)), len(raw)),
            name=name,
        )
    if name.startswith(_EXTENDED):
        names = [KNOWN[int(number)] for number in name.removeprefix(_EXTENDED).split("_")]
        return codecs.CodecInfo(
            lambda text, _="strict": (iso2022.encode(text, names), len(text)),
            lambda raw, _="strict": (iso2022.decode(bytes(raw), names[0], mark=b""), len(raw)),
            name=name,
        )
    return None


codecs.register(_search)
