"""Search parameters of FHIR R4 (section 3.1.1): tokens, references, dates and strings."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from worklist.fhir.errors import invalid

Condition = ColumnElement[bool]
Parameter = Callable[[str], Condition]
Column = InstrumentedAttribute[Any]

_PREFIXES = frozenset({"eq", "ne", "ge", "gt", "sa", "le", "lt", "eb"})
_MONTH = re.compile(r"(\d{4})(?:-(\d\d))?")
_LENGTH_OF_PREFIX = 2
_MOST_DIGITS = 18  # surely fit a bigint


class Token(NamedTuple):
    """``system|code``; ``system`` is None where the parameter names none."""

    system: str | None
    code: str


def token(value: str) -> Token:
    """Split a token parameter (section 3.1.1.4.10)."""
    system, separator, code = value.rpartition("|")
    return Token(system if separator else None, code)


def row_id(kind: str, value: str) -> int:
    """Return the number of a reference such as ``Patient/7`` or ``7``.

    Raises:
        FhirError: it refers to something else.
    """
    named, _, digits = value.rpartition("/")
    found = whole_number(digits)
    if named not in {"", kind} or found is None:
        raise invalid(f"{value!r} is no reference to a {kind}: write {kind}/7.")
    return found


def whole_number(text: str) -> int | None:
    """Return the number that a text is, as far as the database counts; None where it is none."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else None


def references(kind: str, column: Column) -> Parameter:
    """Return a parameter that matches a reference to a row."""
    return lambda value: column.in_([row_id(kind, one) for one in value.split(",")])


def statuses(kind: str, column: Column, words: Mapping[Any, str]) -> Parameter:
    """Return a parameter that matches a status; ``words`` are the resource's words for ours."""

    def matches(value: str) -> Condition:
        wanted = {token(one).code for one in value.split(",")}
        unknown = wanted - set(words.values())
        if unknown:
            known = ", ".join(dict.fromkeys(words.values()))
            raise invalid(f"No {kind} is {', '.join(sorted(unknown))}: known are {known}.")
        return column.in_([one for one, word in words.items() if word in wanted])

    return matches


def moments(column: Column) -> Parameter:
    """Return a parameter that matches a time by day or moment, with or without a prefix."""
    return lambda value: or_(*(_within(column, *period(one)) for one in value.split(",")))


def days(column: Column) -> Parameter:
    """Return a parameter that matches a date column such as a birth date."""

    def matches(value: str) -> Condition:
        prefix, start, end = period(value)
        return _within(column, prefix, start.date(), end.date())

    return lambda value: or_(*(matches(one) for one in value.split(",")))


def _within(column: Column, prefix: str, start: date, end: date) -> Condition:
    """Compare with what lies from ``start`` up to ``end``, which is no part of it."""
    return {
        "eq": and_(column >= start, column < end),
        "ne": or_(column < start, column >= end),
        "ge": column >= start,
        "gt": column >= end,
        "sa": column >= end,
        "le": column < end,
        "lt": column < start,
        "eb": column < start,
    }[prefix]


def period(value: str) -> tuple[str, datetime, datetime]:
    """Return the prefix, the start and the end of what a date parameter means.

    A year, month or day is taken in UTC, as is a time without an offset (section 3.1.1.4.7).

    Raises:
        FhirError: it is neither a date nor a moment.
    """
    prefix, text = _split(value)
    try:
        if (partial := _MONTH.fullmatch(text)) is not None:
            return prefix, *_month(int(partial[1]), int(partial[2] or 0))
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        aware = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        end = aware + (timedelta(seconds=1) if "T" in text else timedelta(days=1))
    except (ValueError, OverflowError) as error:
        raise invalid(f"{value!r} is no date: write ge2026-11-25 or a time with offset.") from error
    return prefix, aware, end


def _month(year: int, month: int) -> tuple[datetime, datetime]:
    """Return the first moments of a month and the next, of a year and the next where it is 0."""
    following = (year + 1, 1) if month in {0, 12} else (year, month + 1)
    return datetime(year, month or 1, 1, tzinfo=UTC), datetime(*following, 1, tzinfo=UTC)


def _split(value: str) -> tuple[str, str]:
    prefix = value[:_LENGTH_OF_PREFIX]
    if prefix in _PREFIXES:
        return prefix, value[_LENGTH_OF_PREFIX:]
    if prefix.isalpha():
        raise invalid(
            f"The prefix {prefix!r} is not supported: use {', '.join(sorted(_PREFIXES))}."
        )
    return "eq", value
