"""A table as a file for spreadsheets (RFC 4180).

Headings and numbers are in the language of the page. Where that writes a comma in numbers, its
spreadsheets part columns by semicolons.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Protocol, TypeVar

from babel import numbers
from flask import Response, stream_with_context
from sqlalchemy.orm import Session

from worklist.language import formats
from worklist.language.text import Text, _
from worklist.web import context
from worklist.web.language import locale, tell
from worklist.web.paging import MOST_ROWS, Page
from worklist.web.words import word

_PLACES = 3
# Spreadsheets take what begins so for a formula, and names and messages come from outside.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Without a byte order mark Excel takes the file for one of its old code pages.
_MARK = "\ufeff"

Row = TypeVar("Row")


class Pages(Protocol[Row]):
    """A list of which a page of so many rows is asked for, behind the row ``after``."""

    def __call__(self, session: Session, *, after: str, rows: int) -> Page[Row]:
        """Return the page; the first one where ``after`` is empty."""


def as_file(name: str, heading: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return rows under texts or codes of what their columns hold, as a file of this name."""
    return _response(name, _MARK + "".join(_lines(heading, rows)))


def list_as_file(
    name: str,
    heading: Sequence[str],
    pages: Pages[Row],
    cells: Callable[[Row], Sequence[object]],
) -> Response:
    """Return every page of a list as one file, sent page by page: it may be a long one."""

    def rows() -> Iterator[Sequence[object]]:
        with context.transaction() as session:
            after: str | None = ""
            while after is not None:
                page = pages(session, after=after, rows=MOST_ROWS)
                yield from map(cells, page.rows)
                session.expunge_all()
                after = page.after

    def parts() -> Iterator[str]:
        yield _MARK
        yield from _lines(heading, rows())

    return _response(name, stream_with_context(parts()))


def _response(name: str, body: str | Iterator[str]) -> Response:
    response = Response(body, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _lines(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of the file, those of a page at a time."""
    text = io.StringIO()
    comma = numbers.get_decimal_symbol(locale()) == ","
    writer = csv.writer(text, delimiter=";" if comma else ",")
    writer.writerow(tell(one) if isinstance(one, Text) else word(one) for one in heading)
    cells = ([_cell(one) for one in row] for row in rows)
    while written := text.getvalue():
        yield written
        text.seek(0)
        text.truncate()
        writer.writerows(islice(cells, MOST_ROWS))


def _cell(value: Any) -> object:  # noqa: ANN401 - whatever a table shows
    """Write a share as its language does, a time on the clock of the site, and no formula."""
    if isinstance(value, bool):
        return tell(_("yes") if value else _("no"))
    if isinstance(value, float):
        return formats.decimal(value, _PLACES, locale())
    if isinstance(value, datetime):
        return value.astimezone(context.zone()).isoformat()
    if isinstance(value, list | tuple):
        return _cell(", ".join(map(str, value)))
    if isinstance(value, Text):
        value = tell(value)
    is_formula = isinstance(value, str) and value.startswith(_FORMULA)
    return f"'{value}" if is_formula else value
