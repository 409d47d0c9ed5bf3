"""Search parameters of FHIR R4 (section 3.1.1): tokens, references, dates and strings."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import InstrumentedAttribute

from worklist.fhir.errors import invalid

Condition = ColumnElement[bool]
Parameter = Callable[[str], Condition]
Column = InstrumentedAttribute[Any]

_PREFIXES = frozenset({"eq", "ge", "gt", "le", "lt"})
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

    def matches(value: str) -> Condition:
        prefix, start, end = period(value)
        return {
            "eq": and_(column >= start, column < end),
            "ge": column >= start,
            "gt": column >= end,
            "le": column < end,
            "lt": column < start,
        }[prefix]

    return matches


def days(column: Column) -> Parameter:
    """Return a parameter that matches a date column such as a birth date."""

    def matches(value: str) -> Condition:
        prefix, text = _split(value)
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise invalid(f"{value!r} is no date: write 1981-05-04.") from error
        return {
            "eq": column == day,
            "ge": column >= day,
            "gt": column > day,
            "le": column <= day,
            "lt": column < day,
        }[prefix]

    return matches


def period(value: str) -> tuple[str, datetime, datetime]:
    """Return the prefix, the start and the end of what a date parameter means.

    A day is taken in UTC unless a time with an offset is given (section 3.1.1.4.7).

    Raises:
        FhirError: it is neither a day nor a moment.
    """
    prefix, text = _split(value)
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        aware = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        end = aware + (timedelta(seconds=1) if "T" in text else timedelta(days=1))
    except (ValueError, OverflowError) as error:
        raise invalid(f"{value!r} is no date: write ge2026-11-25 or a time with offset.") from error
    return prefix, aware, end


def _split(value: str) -> tuple[str, str]:
    prefix = value[:_LENGTH_OF_PREFIX]
    if prefix in _PREFIXES:
        return prefix, value[_LENGTH_OF_PREFIX:]
    if prefix.isalpha():
        raise invalid(
            f"The prefix {prefix!r} is not supported: use {', '.join(sorted(_PREFIXES))}."
        )
    return "eq", value
