"""Which days figures are about: ``?from=2026-11-18&until=2026-11-24``, both included."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from sqlalchemy import ColumnElement, Date, cast, func
from sqlalchemy.orm import InstrumentedAttribute

from worklist.errors import DomainError
from worklist.language.text import _
from worklist.scheduling.intervals import Interval
from worklist.web import context

_USUAL_DAYS = 7
_MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Span:
    """Days of a site, the first and the last included."""

    first: date
    last: date
    period: Interval
    zone: ZoneInfo

    @property
    def days(self) -> list[date]:
        """Every day."""
        return [
            self.first + timedelta(days=one) for one in range((self.last - self.first).days + 1)
        ]

    def day_of(self, column: InstrumentedAttribute[Any]) -> ColumnElement[date]:
        """Return the day of a moment where the site is."""
        return cast(func.timezone(self.zone.key, column), Date)


def chosen_span() -> Span:
    """Return the days chosen, by default the last week, in the page's zone.

    Raises:
        DomainError: they are not days, in the wrong order, or too far apart.
    """
    first, last = chosen_days()
    return Span(first, last, as_interval(first, last), context.zone())


def chosen_days() -> tuple[date, date]:
    """Return the first and the last day, by default the last week.

    Raises:
        DomainError: they are not days, in the wrong order, or too far apart.
    """
    last = _day("until", context.today())
    first = _day("from", last - timedelta(days=_USUAL_DAYS - 1))
    if not timedelta(0) <= last - first < timedelta(days=_MOST_DAYS):
        raise DomainError(
            _(
                "Choose a first day before the last one, up to %(most_days)s days.",
                most_days=_MOST_DAYS,
            )
        )
    return first, last


def as_interval(first: date, last: date) -> Interval:
    """Return the days from their first moment to the end of the last, in the page's zone."""
    return Interval(context.day_bounds(first)[0], context.day_bounds(last)[1])


def within(column: InstrumentedAttribute[Any], period: Interval) -> ColumnElement[bool]:
    """Return whether a moment lies in the period."""
    return (column >= period.start) & (column < period.end)


def _day(name: str, otherwise: date) -> date:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError as error:
        raise DomainError(
            _("%(text)s is not a day: write it as 2026-11-25.", text=repr(text))
        ) from error
