r"""Escape sequences in text (HL7 v2.5 section 2.7), decoded once and encoded once."""

import re
from dataclasses import dataclass
from functools import lru_cache

_FORMATTING = re.compile(r"\.(br|sp|sk|in|ti|fi|nf|ce)\s*([+-]?\d{0,4})", re.IGNORECASE)
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")
_CONTROLS = {chr(code): f"X{code:02X}" for code in range(0x20) if chr(code) not in "\t\n"}
_MOST_REPEATED = 100


@dataclass(frozen=True, slots=True)
class Encoding:
    """Delimiters of MSH-1 and MSH-2, and the codec of the message, for ``X`` escapes.

    A delimiter that MSH-2 leaves out is empty and never occurs. ``truncation`` is that of
    version 2.7 and later.
    """

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""
    codec: str = "utf-8"

    @property
    def characters(self) -> str:
        """MSH-2."""
        return f"{self.component}{self.repetition}{self.escape}{self.subcomponent}{self.truncation}"


def decode(text: str, encoding: Encoding) -> str:
    r"""Replace escape sequences by what they stand for.

    ``\.br\`` becomes a line feed, highlighting vanishes; what is not a known sequence (a path with
    single backslashes, a site's own ``\Z..\``, a switch of character set) stays as it is.
    """
    if not encoding.escape or encoding.escape not in text:
        return text
    pattern, meanings = _decoder(encoding)
    return pattern.sub(lambda match: _meaning(match, meanings, encoding), text)


def encode(text: str, encoding: Encoding) -> str:
    """Replace delimiters, line feeds and control characters by escape sequences."""
    table = _encoder(encoding)
    return text.translate(table)


@lru_cache(maxsize=64)
def _decoder(encoding: Encoding) -> tuple[re.Pattern[str], dict[str, str]]:
    mark = re.escape(encoding.escape)
    names = {
        "F": encoding.field,
        "S": encoding.component,
        "T": encoding.subcomponent,
        "R": encoding.repetition,
        "E": encoding.escape,
        "P": encoding.truncation or "#",
        "H": "",
        "N": "",
    }
    pattern = r"[FSTREPHN]|X[0-9A-Fa-f]+|\.[A-Za-z]{2}\s*[+-]?\d{0,4}"
    return re.compile(f"{mark}({pattern}){mark}"), names


@lru_cache(maxsize=64)
def _encoder(encoding: Encoding) -> dict[int, str]:
    mark = encoding.escape or "\\"
    names = {"\n": ".br"} | _CONTROLS
    names |= {
        encoding.field: "F",
        encoding.component: "S",
        encoding.subcomponent: "T",
        encoding.repetition: "R",
        encoding.escape: "E",
    }
    if encoding.truncation:
        names[encoding.truncation] = "P"
    return {ord(one): f"{mark}{name}{mark}" for one, name in names.items() if one}


def _meaning(match: re.Match[str], meanings: dict[str, str], encoding: Encoding) -> str:
    name = match[1]
    if name in meanings:
        return meanings[name]
    if hexadecimal := _HEX.fullmatch(name):
        return _from_hex(hexadecimal[1], encoding.codec) or match[0]
    if formatting := _FORMATTING.fullmatch(name):
        count = min(int(formatting[2] or 1), _MOST_REPEATED)
        return {"br": "\n", "sp": "\n" * count, "ce": "\n", "sk": " " * count}.get(
            formatting[1].lower(), ""
        )
    return match[0]


def _from_hex(digits: str, codec: str) -> str:
    """Return the text of the bytes; nothing where they mean none, or what no table can hold."""
    try:
        text = bytes.fromhex(digits).decode(codec)
    except UnicodeDecodeError:
        return ""
    return "" if "\x00" in text else text
