"""The translations, read from ``translations/LOCALE/LC_MESSAGES/messages.po`` (GNU gettext)."""

import re
from enum import StrEnum
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from worklist.language.text import Text, code
from worklist.setting_values import TRANSLATIONS

SOURCE = "en"
_FIGURE = re.compile(r"\d+\.\d+")


def _file(locale: str) -> Path:
    return TRANSLATIONS / locale / "LC_MESSAGES" / "messages.po"


@cache
def locales() -> tuple[str, ...]:
    """Return the languages that pages can be read in: English and those with a catalogue."""
    found = (folder.name for folder in TRANSLATIONS.iterdir() if _file(folder.name).is_file())
    return (SOURCE, *sorted(found))


def own_name(locale: str) -> str:
    """Return what a language calls itself: ``Deutsch``."""
    return Locale.parse(locale).get_language_name(locale) or locale


@cache
def translations(locale: str) -> NullTranslations:
    """Return the catalogue of a language; that of English, and of an unknown one, is empty."""
    if locale == SOURCE or locale not in locales():
        return NullTranslations()
    with _file(locale).open("rb") as file:
        catalogue = read_po(file, locale)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def tell(text: str, locale: str) -> str:
    """Return a text in this language; a plain string, and what is not translated, as it is."""
    if not isinstance(text, Text):
        return text
    catalogue = translations(locale)
    if text.plural is None:
        # The message of an empty text is a catalogue's own description.
        told = catalogue.gettext(text.message) if text.message else ""
    else:
        told = catalogue.ngettext(text.message, text.plural, text.number)
    if not text.parameters:
        return told
    return told % {name: _told(value, locale) for name, value in text.parameters.items()}


def _told(value: object, locale: str) -> object:
    """Tell a parameter, where it is a text, a code or a figure with a decimal point."""
    if isinstance(value, Text):
        return tell(value, locale)
    if isinstance(value, StrEnum) and locale != SOURCE:
        return tell(code(value), locale)
    if isinstance(value, str) and _FIGURE.fullmatch(value):
        return value.replace(".", numbers.get_decimal_symbol(locale))
    return value
