"""What a date parameter means (R4 section 3.1.1.4.7): a prefix and a stretch of time."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from worklist.fhir.errors import invalid
from worklist.language.text import _

_PREFIXES = frozenset({"eq", "ne", "ge", "gt", "sa", "le", "lt", "eb"})
_MONTH = re.compile(r"(\d{4})(?:-(\d\d))?")
_LENGTH_OF_PREFIX = 2


class Period(NamedTuple):
    """From ``start`` up to ``end``, which is not part of it; both are UTC."""

    prefix: str
    start: datetime
    end: datetime


def period(value: str) -> Period:
    """Return what a date parameter means.

    A year, month or day is taken in UTC, as is a time without an offset.

    Raises:
        FhirError: it is neither a date nor a moment.
    """
    prefix, text = _split(value)
    try:
        if (partial := _MONTH.fullmatch(text)) is not None:
            return Period(prefix, *_month(int(partial[1]), int(partial[2] or 0)))
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        aware = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        end = aware + (timedelta(seconds=1) if "T" in text else timedelta(days=1))
    except (ValueError, OverflowError) as error:
        raise invalid(
            _(
                "%(given)s is not a date: write ge2026-11-25 or a time with offset.",
                given=repr(value),
            )
        ) from error
    return Period(prefix, aware, end)


def within(
    column: ColumnElement[Any] | InstrumentedAttribute[Any], prefix: str, start: date, end: date
) -> ColumnElement[bool]:
    """Compare a column with what lies from ``start`` up to ``end``."""
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
            _(
                "The prefix %(prefix)s is not supported: use %(known)s.",
                prefix=repr(prefix),
                known=", ".join(sorted(_PREFIXES)),
            )
        )
    return "eq", value
