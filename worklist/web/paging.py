"""Long lists, page by page: each begins behind the last row of the one before (keyset paging)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

from flask import request
from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from worklist.errors import DomainError
from worklist.language.text import _

ROWS = 50
MOST_ROWS = 500
_BETWEEN = "_"
_LONGEST_NUMBER = 18  # digits that surely fit a bigint

Row = TypeVar("Row")
Key = InstrumentedAttribute[Any] | ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows; ``after`` is where the next page begins, None on the last."""

    rows: Sequence[Row]
    after: str | None


@dataclass(frozen=True, slots=True)
class Sorting:
    """By which column a list is sorted, as its address says it: ``name``, ``-name`` backwards."""

    name: str
    descending: bool
    keys: tuple[Key, ...]

    @classmethod
    def of(cls, given: str, columns: Mapping[str, Key], unique: Key) -> "Sorting":
        """Return the sorting that is asked for, by the first of the ``columns`` where none is.

        None of the columns may be null; ``unique`` tells rows apart that are equal in theirs.

        Raises:
            DomainError: there is no such column.
        """
        name = given.removeprefix("-") or next(iter(columns))
        if name not in columns:
            known = ", ".join(columns)
            raise DomainError(
                _("This list is not sorted by %(name)s: %(known)s.", name=repr(name), known=known)
            )
        keys = (columns[name], unique) if columns[name] is not unique else (unique,)
        return cls(name, given.startswith("-"), keys)

    def turned(self, name: str) -> str:
        """Return what sorts by a column, and backwards where the list is sorted by it already."""
        return f"-{name}" if name == self.name and not self.descending else name


def paginate(
    session: Session,
    statement: Select[Row],
    keys: Sequence[Key],
    *,
    after: str,
    descending: bool = False,
    rows: int = ROWS,
) -> Page[Row]:
    """Return the page that begins behind the row ``after``, the first one where it is empty.

    ``keys`` order the rows and end with one that is unique; none may be null.

    Raises:
        DomainError: ``after`` is not of this list.
    """
    if after:
        last = _read(after, keys)
        beyond = tuple_(*keys) < last if descending else tuple_(*keys) > last
        statement = statement.where(beyond)
    order = [key.desc() if descending else key.asc() for key in keys]
    wanted: Select[Any] = statement.add_columns(*keys).order_by(None).order_by(*order)
    found = session.execute(wanted.limit(rows + 1)).all()
    shown = [row[0] for row in found[:rows]]
    more = len(found) > rows
    return Page(shown, _write(found[rows - 1][-len(keys) :]) if more else None)


def sorted_page(
    session: Session, statement: Select[Row], sorting: Sorting, *, after: str, rows: int = ROWS
) -> Page[Row]:
    """Return a page of a list as it is sorted; see `paginate`."""
    return paginate(
        session,
        statement,
        sorting.keys,
        after=after,
        descending=sorting.descending,
        rows=rows,
    )


def before() -> int | None:
    """Return the id behind which the page of the address begins in a list that is newest first.

    Raises:
        DomainError: it is no id.
    """
    given = request.args.get("after", "")
    if not given:
        return None
    if not given.isdecimal():
        raise _no_such_page()
    return int(given)


def _no_such_page() -> DomainError:
    return DomainError(_("There is no such page of this list: go to the first one."))


def _write(values: Sequence[object]) -> str:
    """Return the values of a row's keys, each without the sign that stands between them."""
    texts = (one.isoformat() if isinstance(one, date) else str(one) for one in values)
    return _BETWEEN.join(one.replace("%", "%25").replace(_BETWEEN, "%5F") for one in texts)


def _read(text: str, keys: Sequence[Key]) -> tuple[Any, ...]:
    parts = text.split(_BETWEEN)
    try:
        return tuple(
            _parse(unquote(part), key.type.python_type)
            for part, key in zip(parts, keys, strict=True)
        )
    except ValueError as error:
        raise _no_such_page() from error


def _parse(text: str, kind: type[Any]) -> object:
    if issubclass(kind, date):  # as datetime is
        return kind.fromisoformat(text)
    if kind is int and len(text) > _LONGEST_NUMBER:
        raise ValueError("no row has it")
    return text == str(True) if kind is bool else kind(text)
