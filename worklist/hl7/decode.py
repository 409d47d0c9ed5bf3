"""Bytes to text: what stands around a message, and the character set that MSH-18 names."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from worklist.hl7 import character_sets, iso2022
from worklist.hl7.errors import ErrorCode, Location, MessageError
from worklist.language.text import _

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
        names = declared(raw)
        if names:
            decoded = _by_name(raw, names)
        else:
            names = list(assumed)
            decoded = _by_guess(raw, assumed)
    if "\x00" in decoded.text:
        position = decoded.text.index("\x00")
        raise _undecodable(raw, position, names)
    return decoded


def declared(raw: bytes) -> list[str]:
    """Return the repetitions of MSH-18; an empty first one stands for ASCII."""
    header = re.split(rb"[\r\n]", raw, maxsplit=1)[0]
    fields = header.split(header[3:4] or b"|")
    if len(fields) <= _MSH_18 or not fields[_MSH_18].strip():
        return []
    mark = fields[1][1:2] or b"~"
    return character_sets.split(fields[_MSH_18].replace(mark, b"~").decode("latin-1"))


def _by_guess(raw: bytes, assumed: Sequence[str]) -> Decoded:
    for name in assumed[:-1]:
        try:
            return _by_name(raw, [name])
        except MessageError:
            continue
    return _by_name(raw, [assumed[-1]])


def _by_name(raw: bytes, names: list[str]) -> Decoded:
    for name in names:
        if name not in character_sets.KNOWN:
            raise MessageError(
                _(
                    "The character set %(name)s is not supported: send UNICODE UTF-8.",
                    name=repr(name),
                ),
                code=ErrorCode.TABLE_VALUE_NOT_FOUND,
                location=_LOCATION,
            )
    codec = character_sets.codec(names)
    if not character_sets.is_extended(names):
        return Decoded(_strictly(raw, codec, names), codec)
    try:
        return Decoded(iso2022.decode(raw, names[0], mark=_escape_mark(raw)), codec)
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
        _(
            "Byte 0x%(upper)s at position %(position)s does not belong to the character set "
            "%(names)s: name the one that the message is written in, in MSH-18.",
            upper=raw[position : position + 1].hex().upper(),
            position=position,
            names="~".join(names),
        ),
        code=ErrorCode.DATA_TYPE,
        location=_LOCATION,
    )
