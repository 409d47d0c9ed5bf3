"""Bytes to text: what stands around a message, and the character set that MSH-18 names."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from worklist.hl7 import iso2022
from worklist.hl7.errors import ErrorCode, Location, MessageError

# HL7 table 0211, as far as Python has a codec.
CODECS = {
    "ASCII": "ascii",
    "ISO IR6": "ascii",
    **{f"8859/{part}": f"iso8859-{part}" for part in (*range(1, 12), 13, 14, 15, 16)},
    "ISO IR14": "shift_jis",
    "GB 18030-2000": "gb18030",
    "GB 18030": "gb18030",
    "KS X 1001": "euc_kr",
    "BIG-5": "big5",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UNICODE UTF-16": "utf-16",
    "UNICODE UTF-32": "utf-32",
}
_WITH_ESCAPES = frozenset({"ISO IR87", "ISO IR159", "JIS X 0202", "JIS X 0208", "JIS X 0212"})
_MSH_18 = 17
_LOCATION = Location("MSH", 1, 18)
_AROUND = b"\x0b\x1c\x00\r\n\t "
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A message's text and the Python codec that brings it back to bytes."""

    text: str
    codec: str


def strip(raw: bytes) -> bytes:
    """Remove what some senders leave around a message: MLLP bytes, blank lines."""
    if raw[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return raw
    return raw.strip(_AROUND)


def decode(raw: bytes, *, assumed: Sequence[str] = ("ASCII",)) -> Decoded:
    """Decode a message by its byte-order mark, else MSH-18, else as the first of ``assumed`` fits.

    ``assumed`` are names of table 0211 that a peer is known to mean when it names none.

    Raises:
        MessageError: 103 for a character set that is not supported, 102 for bytes that do not
            belong to it, with their position.
    """
    raw = strip(raw)
    marked = next((codec for mark, codec in _MARKS.items() if raw.startswith(mark)), None)
    if marked is not None:
        names = [marked]
        text = _strictly(raw, marked, names)
        decoded = Decoded(text.strip("\x0b\x1c\r\n\t "), marked.removesuffix("-sig"))
    else:
        names = character_sets(raw)
        if names:
            decoded = _by_name(raw, names)
        else:
            names = list(assumed)
            decoded = _by_guess(raw, assumed)
    if "\x00" in decoded.text:
        position = decoded.text.index("\x00")
        raise _undecodable(raw, position, names)
    return decoded


def character_sets(raw: bytes) -> list[str]:
    """Return the repetitions of MSH-18; an empty first one stands for ASCII."""
    header = re.split(rb"[\r\n]", raw, maxsplit=1)[0]
    fields = header.split(header[3:4] or b"|")
    if len(fields) <= _MSH_18 or not fields[_MSH_18].strip():
        return []
    mark = fields[1][1:2] or b"~"
    names = [name.decode("latin-1").strip().upper() for name in fields[_MSH_18].split(mark)]
    return [names[0] or "ASCII", *(name for name in names[1:] if name)]


def _by_guess(raw: bytes, assumed: Sequence[str]) -> Decoded:
    for name in assumed[:-1]:
        try:
            return _by_name(raw, [name])
        except MessageError:
            continue
    return _by_name(raw, [assumed[-1]])


def _by_name(raw: bytes, names: list[str]) -> Decoded:
    extended = len(names) > 1 or names[0] in _WITH_ESCAPES
    for name in names:
        if name not in CODECS and name not in _WITH_ESCAPES:
            raise MessageError(
                f"The character set {name!r} is not supported: send UNICODE UTF-8.",
                code=ErrorCode.TABLE_VALUE_NOT_FOUND,
                location=_LOCATION,
            )
    if not extended:
        return Decoded(_strictly(raw, CODECS[names[0]], names), CODECS[names[0]])
    try:
        return Decoded(iso2022.decode(raw, names[0], mark=_escape_mark(raw)), "utf-8")
    except UnicodeDecodeError as error:
        raise _undecodable(raw, error.start, names) from error


def _escape_mark(raw: bytes) -> bytes:
    """Return the escape character of MSH-2."""
    return raw[6:7] if raw[6:7] != raw[3:4] else b""


def _strictly(raw: bytes, codec: str, names: list[str]) -> str:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as error:
        raise _undecodable(raw, error.start, names) from error


def _undecodable(raw: bytes, position: int, names: list[str]) -> MessageError:
    return MessageError(
        f"Byte 0x{raw[position : position + 1].hex().upper()} at position {position} does not "
        f"belong to the character set {'~'.join(names)}: "
        "name the one that the message is written in, in MSH-18.",
        code=ErrorCode.DATA_TYPE,
        location=_LOCATION,
    )
