"""Protocol data units of the upper layer as bytes (PS3.8 section 9.3).

The A-ASSOCIATE units are pynetdicom's; these are the short ones that pass thousands of times.
"""

import struct
from collections.abc import Iterator
from functools import lru_cache

A_ASSOCIATE_RQ = 0x01
P_DATA_TF = 0x04
A_RELEASE_RQ = 0x05
A_ABORT = 0x07

HEADER_LENGTH = 6
RELEASE_RESPONSE = bytes.fromhex("06000000000400000000")

# Reasons of an abort by the provider (PS3.8 Table 9-26).
REASON_NOT_SPECIFIED = 0
UNRECOGNISED = 1
UNEXPECTED = 2
INVALID_PARAMETER = 6

_COMMAND, _LAST = 0x01, 0x02
_ABORT = struct.Struct(">BxIxxBB")
_HEADER = struct.Struct(">BxI")
_DATA = struct.Struct(">BxIIBB")
_VALUE = struct.Struct(">IBB")
_VALUE_HEADER_LENGTH = 6


class MalformedError(Exception):
    """The peer's bytes are not a protocol data unit; ``reason`` is that of the abort."""

    def __init__(self, reason: int) -> None:
        super().__init__(f"malformed protocol data unit, reason {reason}")
        self.reason = reason


def abort(reason: int) -> bytes:
    """Return an A-ABORT of the service provider."""
    return _ABORT.pack(A_ABORT, 4, 2, reason)


def header(data: bytes | bytearray) -> tuple[int, int]:
    """Return type and length of the unit that begins here."""
    kind, length = _HEADER.unpack_from(data)
    return kind, length


def values(body: bytes) -> Iterator[tuple[int, bool, bool, bytes]]:
    """Give context, whether it is a command, whether it is the last, and bytes of each value.

    Raises:
        MalformedError: the lengths do not add up.
    """
    position, end = 0, len(body)
    while position < end:
        if end - position < _VALUE_HEADER_LENGTH:
            raise MalformedError(INVALID_PARAMETER)
        length, context, flags = _VALUE.unpack_from(body, position)
        following = position + 4 + length
        if length < 2 or following > end:  # noqa: PLR2004 - context and flags
            raise MalformedError(INVALID_PARAMETER)
        data = body[position + _VALUE_HEADER_LENGTH : following]
        yield context, bool(flags & _COMMAND), bool(flags & _LAST), data
        position = following


def message(context: int, command: bytes, data: bytes | None, longest: int) -> bytes:
    """Return the P-DATA-TF units of a message.

    Args:
        context: The presentation context's ID.
        command: The command set.
        data: The data set, None without one.
        longest: The maximum length of a unit.
    """
    units = _command_units(context, command, longest)
    return units if data is None else units + _units(context, 0, data, longest)


@lru_cache(maxsize=512)
def _command_units(context: int, command: bytes, longest: int) -> bytes:
    """Make the units of a command set, the same for every answer of a query."""
    return _units(context, _COMMAND, command, longest)


def _units(context: int, flags: int, data: bytes, longest: int) -> bytes:
    room = longest - _VALUE_HEADER_LENGTH
    if len(data) <= room:
        return _header(context, flags | _LAST, len(data)) + data
    parts = [data[position : position + room] for position in range(0, len(data), room)]
    flagged = [(flags, part) for part in parts[:-1]] + [(flags | _LAST, parts[-1])]
    return b"".join(_header(context, flag, len(part)) + part for flag, part in flagged)


def _header(context: int, flags: int, length: int) -> bytes:
    return _DATA.pack(P_DATA_TF, length + 6, length + 2, context, flags)
