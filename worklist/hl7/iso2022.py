"""ISO 2022 code extension as MSH-18 with several character sets announces it.

HL7 v2.5 section 2.15.9.18 and table 0211; the escape sequences are those of DICOM PS3.3
table C.12-3 and C.12-4. Strict: bytes that mean nothing raise UnicodeDecodeError, characters that
no set has raise UnicodeEncodeError.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

_HIGH = 0x80


@dataclass(frozen=True, slots=True)
class _Set:
    """A graphic character set: decode ``prefix + bytes`` with ``codec``.

    ``shift`` is or-ed to bytes in the left half; ``width`` bytes make one character.
    """

    codec: str
    prefix: bytes = b""
    shift: int = 0
    width: int = 1


_ASCII = _Set("ascii")
_KATAKANA = _Set("shift_jis", shift=_HIGH)
_JIS_X_0208 = _Set("iso2022_jp", prefix=b"\x1b$B", width=2)
_JIS_X_0212 = _Set("iso2022_jp_2", prefix=b"\x1b$(D", width=2)
_KS_X_1001 = _Set("euc_kr", shift=_HIGH, width=2)
_GB_2312 = _Set("gb2312", shift=_HIGH, width=2)

# JIS X 0201 Roman differs from ASCII in two places only, and there HL7 keeps its delimiters.
_LEFT = {
    b"(B": _ASCII,
    b"(J": _ASCII,
    b"(I": _KATAKANA,
    b"$B": _JIS_X_0208,
    b"$@": _JIS_X_0208,
    b"$(B": _JIS_X_0208,
    b"$(D": _JIS_X_0212,
    b"$(C": _KS_X_1001,
    b"$(A": _GB_2312,
}
_PARTS_OF_8859 = {
    b"A": 1, b"B": 2, b"C": 3, b"D": 4, b"F": 7, b"G": 6, b"H": 8, b"L": 5, b"M": 9, b"b": 15,
}  # fmt: skip
_RIGHT = {
    b")I": _KATAKANA,
    b"$)C": _KS_X_1001,
    b"$)A": _GB_2312,
    **{b"-" + final: _Set(f"iso8859-{part}") for final, part in _PARTS_OF_8859.items()},
}
_RIGHT_OF_NAME = {
    "ISO IR14": _KATAKANA,
    "JIS X 0201": _KATAKANA,
    "KS X 1001": _KS_X_1001,
    **{f"8859/{part}": _Set(f"iso8859-{part}") for part in _PARTS_OF_8859.values()},
}
# What MSH-18 may name and the escape sequence that calls it, into the left half or the right.
_CALLED_LEFT = {
    "ISO IR87": b"$B",
    "JIS X 0202": b"$B",
    "JIS X 0208": b"$B",
    "ISO IR159": b"$(D",
    "JIS X 0212": b"$(D",
}
_CALLED_RIGHT = {
    "ISO IR14": b")I",
    "JIS X 0201": b")I",
    "KS X 1001": b"$)C",
    **{f"8859/{part}": b"-" + final for final, part in _PARTS_OF_8859.items()},
}
_ROMAN = {"ISO IR14": b"(J", "JIS X 0201": b"(J"}

_ESCAPED = (
    rb"\x1b(?P<escape>[\x20-\x2f]*\$?[\x20-\x2f]*[\x30-\x7e])"
    rb"|(?P<control>[\x00-\x1a\x1c-\x20\x7f]+)|(?P<right>[\x80-\xff]+)"
)


def decode(raw: bytes, initial: str, *, mark: bytes = b"\\") -> str:
    r"""Decode ``raw``; ``initial`` names the set of MSH-18's first repetition.

    A segment end brings the initial sets back. ``mark`` is HL7's escape character: between two
    of them ``C`` and ``M`` with hexadecimal digits stand for an escape sequence (section 2.7.3):
    ``\M2442\`` is ESC $ B.

    Raises:
        UnicodeDecodeError: with the position in ``raw``.
    """
    home = _RIGHT_OF_NAME.get(initial)
    left, right = _ASCII, home
    pieces: list[str] = []
    position = 0
    spelling = True
    while position < len(raw):
        # A byte of a wide set may look like the mark: only who spelled the switch spells its end.
        token = _token(mark if left.width == 1 or spelling else b"", left.width)
        match = token.match(raw, position)
        if match is None:
            raise UnicodeDecodeError("iso2022", raw, position, position + 1, "broken escape")
        kind, run = match.lastgroup, match[match.lastgroup or 0]
        if kind in {"spelled", "escape"}:
            spelling = kind == "spelled"
            run = bytes.fromhex(run.decode()).rstrip(b"\x00") if spelling else run
            if run not in _LEFT and run not in _RIGHT:
                raise UnicodeDecodeError("iso2022", raw, position, match.end(), "unknown escape")
            left, right = _LEFT.get(run, left), _RIGHT.get(run, right)
        elif kind == "control":
            pieces.append(run.decode("ascii"))
            if b"\r" in run or b"\n" in run:
                left, right = _ASCII, home
        elif kind in {"left", "rest"}:
            pieces.append(_run(raw, position, run, left))
        else:
            pieces.append(_run(raw, position, run, right))
        position = match.end()
    return "".join(pieces)


def encode(text: str, names: Sequence[str]) -> bytes:
    """Encode ``text`` with the sets of MSH-18's repetitions, the earliest that has a character.

    ASCII is back before each character of it, so that delimiters stand in the initial set. What
    the first repetition has in the right half needs no escape sequence.

    Raises:
        UnicodeEncodeError: with the position of a character that none of the sets has.
    """
    home = _CALLED_RIGHT.get(names[0])
    ascii_ = b"\x1b" + _ROMAN.get(names[0], b"(B")
    left, right = b"", home
    pieces: list[bytes] = []
    for position, character in enumerate(text):
        if character.isascii():
            if left:
                pieces.append(ascii_)
            left, right = b"", home if right == home else None
            pieces.append(character.encode("ascii"))
            continue
        is_left, called, code = _called(text, position, names)
        if called != (left if is_left else right):
            pieces.append(b"\x1b" + called)
        left, right = (called, right) if is_left else (left, called)
        pieces.append(code)
    if left:
        pieces.append(ascii_)
    return b"".join(pieces)


def _called(text: str, position: int, names: Sequence[str]) -> tuple[bool, bytes, bytes]:
    """Return whether the set is a left one, its escape sequence, and the character's bytes."""
    for name in names:
        for is_left, sequences, sets in (
            (True, _CALLED_LEFT, _LEFT),
            (False, _CALLED_RIGHT, _RIGHT),
        ):
            called = sequences.get(name)
            code = _code(text[position], sets[called]) if called else None
            if called and code is not None:
                return is_left, called, code
    raise UnicodeEncodeError("iso2022", text, position, position + 1, f"not in {'~'.join(names)}")


def _code(character: str, charset: _Set) -> bytes | None:
    """Return the character's bytes in the set; None where it has none there."""
    try:
        code = character.encode(charset.codec)
    except UnicodeEncodeError:
        return None
    if not code.startswith(charset.prefix):
        return None
    code = code.removeprefix(charset.prefix).removesuffix(b"\x1b(B")
    in_half = all((byte >= _HIGH) is not bool(charset.prefix) for byte in code)
    return code if len(code) == charset.width and in_half else None


@cache
def _token(mark: bytes, width: int) -> "re.Pattern[bytes]":
    """Return the pattern of what comes next; without a mark nothing is spelled."""
    if not mark.strip():
        return re.compile(_ESCAPED + rb"|(?P<left>[\x21-\x7e]+)")
    quoted = re.escape(mark)
    digits = rb"[0-9A-Fa-f]{4}(?:[0-9A-Fa-f]{2})?"
    spelled = quoted + rb"[CM](?P<spelled>" + digits + rb")" + quoted
    ahead = rb"(?!" + quoted + rb"[CM]" + digits + quoted + rb")"
    left = rb"(?P<left>(?:" + ahead + rb"[\x21-\x7e]{%d})+)" % width
    rest = rb"|(?P<rest>[\x21-\x7e])"
    return re.compile(b"|".join([_ESCAPED, spelled, left]) + rest)


def _run(raw: bytes, position: int, run: bytes, charset: _Set | None) -> str:
    if charset is None:
        raise UnicodeDecodeError("iso2022", raw, position, position + 1, "no set for byte")
    shifted = bytes(byte | charset.shift for byte in run) if charset.shift else run
    whole = len(run) - len(run) % charset.width
    if whole < len(run):
        start = position + whole
        raise UnicodeDecodeError("iso2022", raw, start, start + 1, "half a character")
    try:
        return (charset.prefix + shifted).decode(charset.codec)
    except UnicodeDecodeError as error:
        start = position + max(0, error.start - len(charset.prefix))
        raise UnicodeDecodeError("iso2022", raw, start, start + 1, error.reason) from error
