"""CNS 11643, the Chinese standard interchange code of Taiwan, in its encoding with ASCII, EUC-TW.

HL7 table 0211 has it as ``CNS 11643-1992``, without escape sequences: ASCII stands for itself, two
bytes from the right half are a character of plane 1, and SS2 (8E), a byte that names the plane
(A1 is plane 1) and two more bytes are one of any plane. ``cns11643.txt`` has a line for each row
of planes 1 to 7: plane, row, its characters from cell 21 on, U+FFFD where there is none.
"""

from functools import cache
from pathlib import Path

NAME = "euc_tw"

_TABLE = Path(__file__).with_suffix(".txt")
_NOTHING = "\ufffd"
_SINGLE_SHIFT = 0x8E
_FIRST, _LAST = 0xA1, 0xFE


def decode(raw: bytes) -> str:
    """Decode EUC-TW.

    Raises:
        UnicodeDecodeError: with the position of what means no character.
    """
    characters = _characters()
    pieces: list[str] = []
    position = 0
    while position < len(raw):
        length = _length(raw[position])
        found = characters.get(raw[position : position + length])
        if found is None:
            end = min(position + length, len(raw))
            raise UnicodeDecodeError(NAME, raw, position, end, "no character of CNS 11643")
        pieces.append(found)
        position += length
    return "".join(pieces)


def encode(text: str) -> bytes:
    """Encode to EUC-TW.

    Raises:
        UnicodeEncodeError: with the position of a character that CNS 11643 lacks.
    """
    codes = _codes()
    pieces: list[bytes] = []
    for position, character in enumerate(text):
        code = codes.get(character)
        if code is None:
            raise UnicodeEncodeError(NAME, text, position, position + 1, "not in CNS 11643")
        pieces.append(code)
    return b"".join(pieces)


def _length(lead: int) -> int:
    if lead == _SINGLE_SHIFT:
        return 4
    return 2 if _FIRST <= lead <= _LAST else 1


@cache
def _characters() -> dict[bytes, str]:
    """Return each character by its bytes; plane 1 in both of its spellings."""
    found = {bytes([code]): chr(code) for code in range(0x80)}
    for line in _TABLE.read_text("utf-8").split("\n")[:-1]:
        plane, row, cells = int(line[0]), int(line[2:4], 16) | 0x80, line[5:]
        for cell, character in enumerate(cells, _FIRST):
            if character != _NOTHING:
                found[bytes([_SINGLE_SHIFT, 0xA0 + plane, row, cell])] = character
                if plane == 1:
                    found[bytes([row, cell])] = character
    return found


@cache
def _codes() -> dict[str, bytes]:
    """Return the shortest bytes of each character, of the lowest plane that has it."""
    codes: dict[str, bytes] = {}
    for code, character in _characters().items():
        if character not in codes or len(code) < len(codes[character]):
            codes[character] = code
    return codes
