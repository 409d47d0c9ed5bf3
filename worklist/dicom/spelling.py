"""Spell text with the characters that a console knows.

A console that knows only Latin letters still shows a readable name: accents are left out where
they have to be, Cyrillic and Greek letters are spelled with Latin ones (after ISO 9 without its
diacritics, and ISO 843). What has no spelling becomes a question mark.
"""

# ruff: noqa: RUF001 - letters that look alike are what the table is about

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Each word is a letter and its spelling.
_CYRILLIC = (
    "аa бb вv гg дd еe жzh зz иi йj кk лl мm нn оo пp рr сs тt уu фf хh цc чch шsh щshch ъ ыy ь эe "
    "юyu яya ёe єye іi їyi ґg ђdj јj љlj њnj ћc џdz ўu ќk ѓg ѕdz"
)
_GREEK = "αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υy φf χch ψps ωo"
_LATIN = (
    "ßss ẞSS æae ÆAE œoe ŒOE øo ØO đd ĐD ðd ÐD þth ÞTh łl ŁL ıi İI ħh ĦH ŋn ŊN əe ƏE "
    '‘\' ’\' ‚, “" ”" „" –- —- …... €EUR №No µu °deg'
)
_SPELLED = {word[0]: word[1:] for word in f"{_CYRILLIC} {_GREEK} {_LATIN}".split()}


def spell(text: str, encodings: Iterable[str]) -> str:
    """Return the text in characters that one of Python's encodings has."""
    known = tuple(encodings)
    if text.isascii():
        return text
    return "".join(_spell(character, known) for character in unicodedata.normalize("NFC", text))


@lru_cache(maxsize=8192)
def _spell(character: str, encodings: tuple[str, ...]) -> str:
    if is_encodable(character, encodings):
        return character
    base = _without_accents(character)
    for candidate in (base, _letters(character), _letters(base)):
        if candidate is not None and is_encodable(candidate, encodings):
            return candidate
    return "?"


def is_encodable(text: str, encodings: Iterable[str]) -> bool:
    """Return whether one of the encodings has every character."""
    return any(_encodes(text, encoding) for encoding in encodings)


def _encodes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _without_accents(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(one for one in decomposed if not unicodedata.combining(one))


def _letters(character: str) -> str | None:
    if character in _SPELLED:
        return _SPELLED[character]
    lower = _SPELLED.get(character.lower())
    return lower.capitalize() if lower is not None else None
