"""Languages as other systems name them."""

from functools import cache

from babel import Locale
from babel.core import get_global

_SUBTAG_LENGTHS = (2, 3)


def language_of(text: str) -> str:
    """Return the code of a language that is given by code or English name, empty where unknown.

    ``de``, ``deu`` and ``GER`` (ISO 639, HL7 table 0296), ``de-AT`` (BCP 47) and ``German`` are
    ``de``.
    """
    tag = text.strip().lower().replace("_", "-").partition("-")[0]
    if len(tag) in _SUBTAG_LENGTHS:
        tag = str(get_global("language_aliases").get(tag, tag)).partition("_")[0]
        return tag if tag in _names() else ""
    return _codes().get(tag, "")


def language_name(code: str, locale: str) -> str:
    """Return the name of a language in a language: ``de`` in English is ``German``."""
    return str(Locale.parse(locale).languages.get(code, code))


@cache
def languages(locale: str) -> dict[str, str]:
    """Return the languages of ISO 639-1 by their names in a language, sorted: to choose from."""
    known = Locale.parse(locale).languages
    named = {code: name for code, name in known.items() if len(code) == _SUBTAG_LENGTHS[0]}
    return dict(sorted(named.items(), key=lambda one: one[1].casefold()))


@cache
def _names() -> dict[str, str]:
    return {str(code): str(name) for code, name in Locale.parse("en").languages.items()}


@cache
def _codes() -> dict[str, str]:
    return {name.lower(): code for code, name in _names().items()}
