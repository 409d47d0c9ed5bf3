"""Sentences that tables keep in English, recognised so that a page can tell them too.

Why an exam waits, what a rule found, how a slot was chosen: tables, logs and HL7 keep these as
English sentences. Each was made from a message of the catalogue, so its message and parameters can
be found again. Only whole sentences are looked for: a word that somebody typed stays as it is.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from babel import numbers

from worklist.language import formats
from worklist.language.catalogues import SOURCE, translations

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_WORD = re.compile(r"[^\W\d_]{2,}")
_BETWEEN_SENTENCES = re.compile(r"(?<=[.?!]) ")
_ENDS = (".", "?", "!")
_CONTEXT = "\x04"  # parts a message from its context (GNU gettext, MO files)
_FEWEST_WORDS = 2
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ZONE = r"(?: [A-Z]{3,5}| [+-]\d\d(?:\d\d)?)"  # beside a time that clocks show twice
_DATE = re.compile(
    rf"(?:({'|'.join(_DAYS)}) )?(\d{{1,2}}) ({'|'.join(_MONTHS)})(?: (\d{{4}}))?"
    rf"( \d\d:\d\d{_ZONE}?)?"
)
# A day as a whole, else anything that is no more than one sentence.
_VALUE = rf"(?:{_DATE.pattern.replace('(?:', '(').replace('(', '(?:')})|(?:(?![.?!] ).)*?."
_ANY_YEAR = 2000
_FEBRUARY, _LEAP_DAY = 2, 29
_LASTING = re.compile(r"(?:(.+) )?((?:\d+ days?)?(?: ?\d+ h)?(?: ?\d+ min)?(?<=\w))")
_FIGURE = re.compile(r"\d+\.\d+")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A message with parameters: what it looks like, its words, and what it is in translation."""

    looks: re.Pattern[str]
    words: frozenset[str]
    told: str


def stored(text: str, locale: str) -> str:
    """Return a kept text in this language; what is not recognised stays as it is."""
    if locale == SOURCE or not text:
        return text
    return _sentences(text, locale)


@lru_cache(maxsize=4096)
def _sentences(text: str, locale: str) -> str:
    whole = _sentence(text, locale)
    if whole is not None:
        return whole
    parts = _BETWEEN_SENTENCES.split(text)
    return " ".join(_longest_first(parts, locale))


def _longest_first(parts: list[str], locale: str) -> list[str]:
    """Tell sentences one after the other; a message may be several of them."""
    told: list[str] = []
    at = 0
    while at < len(parts):
        for end in range(len(parts), at, -1):
            one = _sentence(" ".join(parts[at:end]), locale)
            if one is not None:
                break
        told.append(parts[at] if one is None else one)
        at = at + 1 if one is None else end
    return told


def _sentence(text: str, locale: str) -> str | None:
    if not text.endswith(_ENDS):
        return None
    return _matched(text, locale)


def _matched(text: str, locale: str) -> str | None:
    exact = translations(locale).gettext(text)
    if exact != text:
        return exact
    words = frozenset(_WORD.findall(text))
    for pattern in _patterns(locale):
        if pattern.words <= words and (found := pattern.looks.fullmatch(text)):
            given = {name: _parameter(value, locale) for name, value in found.groupdict().items()}
            return pattern.told % given
    return None


def _parameter(text: str, locale: str) -> str:
    """Tell what stood in a sentence: a day, a figure, a known phrase, or several of them."""
    if _FIGURE.fullmatch(text):
        return text.replace(".", numbers.get_decimal_symbol(locale))
    if found := _DATE.fullmatch(text):
        return _date(found, locale)
    if found := _LASTING.fullmatch(text):
        before = f"{_parameter(found[1], locale)} " if found[1] else ""
        return before + _length(found[2], locale)
    told = _matched(text, locale)
    return _several(text, locale) if told is None else told


def _several(text: str, locale: str) -> str:
    """Tell several sentences or things; one that is not known stays as it is."""
    if _BETWEEN_SENTENCES.search(text):
        return _sentences(text, locale)
    for between in (", ", " and "):
        if between in text:
            joint = f" {translations(locale).gettext('and')} " if between == " and " else between
            return joint.join(_parameter(part, locale) for part in text.split(between))
    return text


def _length(text: str, locale: str) -> str:
    """Tell a length of time, of which only the days are words."""
    number, _space, rest = text.partition(" ")
    unit, _space, smaller = rest.partition(" ")
    if not unit.startswith("day"):
        return text
    days = translations(locale).ngettext("%(num)s day", "%(num)s days", int(number))
    return f"{days % {'num': number}} {smaller}".rstrip()


def _date(found: re.Match[str], locale: str) -> str:
    weekday, day, month, year, time = found.groups()
    number = _MONTHS.index(month) + 1
    if weekday is None:
        told = formats.date_alone(date(int(year or _ANY_YEAR), number, int(day)), locale)
    elif year is not None:
        told = formats.day(date(int(year), number, int(day)), locale)
    else:
        told = formats.day_of_year(_with_weekday(_DAYS.index(weekday), number, int(day)), locale)
    return told + (time or "")


def _with_weekday(weekday: int, month: int, day: int) -> date:
    """Return a date of a year, which is not shown, in which the day has this weekday."""
    years = (_ANY_YEAR + 4 * leap + rest for leap in range(7) for rest in (0, 1, 2, 3))
    dates = (
        date(year, month, day)
        for year in years
        if day < _LEAP_DAY or month != _FEBRUARY or year % 4 == 0
    )
    return next(one for one in dates if one.weekday() == weekday)


@cache
def _patterns(locale: str) -> tuple[_Pattern, ...]:
    """Return the messages with parameters, those with the most words first."""
    catalogue = translations(locale)
    found = []
    for english, told in getattr(catalogue, "_catalog", {}).items():
        if not isinstance(english, str) or _CONTEXT in english:
            continue
        words = frozenset(_WORD.findall(_PLACEHOLDER.sub(" ", english)))
        if _PLACEHOLDER.search(english) and len(words) >= _FEWEST_WORDS:
            found.append(_Pattern(_looks(english), words, told))
    return tuple(sorted(found, key=lambda one: -len(one.words)))


def _looks(message: str) -> re.Pattern[str]:
    parts: list[str] = []
    at, seen = 0, set()
    for one in _PLACEHOLDER.finditer(message):
        parts.append(re.escape(message[at : one.start()].replace("%%", "%")))
        name = one[1]
        parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>{_VALUE})")
        seen.add(name)
        at = one.end()
    parts.append(re.escape(message[at:].replace("%%", "%")))
    return re.compile("".join(parts), re.DOTALL)
