"""A table of figures over the chosen days as a file for spreadsheets."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta

from flask import Response
from sqlalchemy.orm import Session

from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.scheduling.intervals import Interval
from worklist.web import context
from worklist.web.spreadsheet import as_file
from worklist.web.statistics.chosen import as_interval, chosen_days
from worklist.web.statistics.trends import Trend, Unit

Table = tuple[Sequence[str], Iterable[Sequence[object]]]
Tables = Mapping[str, Callable[[Session, Interval], Table]]


def answer(tables: Tables, table: str, *, prefix: str = "") -> Response:
    """Return the table of this name, its file named by it and the days.

    Raises:
        NotFoundError: there is no such table.
    """
    if table not in tables:
        raise NotFoundError(
            _(
                "There is no table %(table)s: known are %(tables)s.",
                table=repr(table),
                tables=", ".join(tables),
            )
        )
    with context.transaction() as session:
        context.site(session)
        first, last = chosen_days()
        found = tables[table](session, as_interval(first, last))
        return as_file(f"{prefix}{table}-{first}-{last}", *found)


def whole_minutes(length: timedelta) -> int:
    """Return a length of time as tables have it."""
    return round(length.total_seconds() / 60)


def by_day(found: Sequence[Trend]) -> Table:
    """Return trends as a table: a row for each day that has a value, times in whole minutes."""
    rows = (
        (point.day, trend.name, point.number, _number(point.value, trend.unit))
        for trend in found
        for point in trend.points
        if point.value is not None
    )
    timed = any(trend.unit is Unit.TIME for trend in found)
    return ("day", "of", "number", "median_minutes" if timed else "share"), rows


def _number(value: float, unit: Unit) -> float | int:
    return float(value) if unit is Unit.SHARE else round(value / 60)
