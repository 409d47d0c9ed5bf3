"""Long lists, page by page: each begins behind the last row of the one before (keyset paging)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

from sqlalchemy import ColumnElement, Select, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from worklist.errors import DomainError
from worklist.language.text import _
from worklist.patients.models import Patient

ROWS = 50
MOST_ROWS = 500
_BETWEEN = "_"
_LONGEST_NUMBER = 18  # digits that surely fit a bigint

Row = TypeVar("Row")
Column = InstrumentedAttribute[Any] | ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Personal:
    """A key that names a person or an order.

    An address has the ``number`` of its row instead of the value.
    """

    column: Column
    number: Column

    def value(self, number: object) -> ColumnElement[Any]:
        """Return the value of the row with this number."""
        return select(self.column).where(self.number == number).correlate(None).scalar_subquery()


Key = Column | Personal
BY_PATIENT = Personal(Patient.search_name, Patient.id)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows; ``after`` is where the next page begins, None on the last."""

    rows: Sequence[Row]
    after: str | None


@dataclass(frozen=True, slots=True)
class Sorting:
    """By which column a list is sorted, as its address says it: ``name``, ``-name`` backwards.

    ``columns`` are all that it can be sorted by.
    """

    name: str
    descending: bool
    keys: tuple[Key, ...]
    columns: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, given: str, columns: Mapping[str, Key | tuple[Key, ...]], unique: Key, usual: str = ""
    ) -> "Sorting":
        """Return the sorting that is asked for; where none is, the ``usual`` one.

        That is the first of the ``columns`` where nothing is said. None of them may be null, and
        one of several keys is sorted by the first, then the second; ``unique`` tells rows apart
        that are equal in theirs.

        Raises:
            DomainError: there is no such column.
        """
        given = given or usual or next(iter(columns))
        name = given.removeprefix("-")
        if name not in columns:
            known = ", ".join(columns)
            raise DomainError(
                _("This list is not sorted by %(name)s: %(known)s.", name=repr(name), known=known)
            )
        wanted = columns[name]
        keys = wanted if isinstance(wanted, tuple) else (wanted,)
        if keys[-1] is not unique:
            keys = (*keys, unique)
        return cls(name, given.startswith("-"), keys, frozenset(columns))

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
    rows: int | None = None,
) -> Page[Row]:
    """Return the page that begins behind the row ``after``, the first one where it is empty.

    ``keys`` order the rows and end with one that is unique; none may be null. A page has `ROWS`
    rows where nothing else is said.

    Raises:
        DomainError: ``after`` is not of this list.
    """
    rows = rows or ROWS
    columns = [one.column if isinstance(one, Personal) else one for one in keys]
    if after:
        last = tuple_(*_read(after, keys))
        beyond = tuple_(*columns) < last if descending else tuple_(*columns) > last
        statement = statement.where(beyond)
    order = [one.desc() if descending else one.asc() for one in columns]
    told = [_told(one) for one in keys]
    wanted: Select[Any] = statement.add_columns(*told).order_by(None).order_by(*order)
    found = session.execute(wanted.limit(rows + 1)).all()
    shown = [row[0] for row in found[:rows]]
    more = len(found) > rows
    return Page(shown, _write(found[rows - 1][-len(keys) :]) if more else None)


def sorted_page(
    session: Session,
    statement: Select[Row],
    sorting: Sorting,
    *,
    after: str,
    rows: int | None = None,
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


def _no_such_page() -> DomainError:
    return DomainError(_("There is no such page of this list: go to the first one."))


def _write(values: Sequence[object]) -> str:
    """Return the values of a row's keys, each without the sign that stands between them."""
    texts = (one.isoformat() if isinstance(one, date) else str(one) for one in values)
    return _BETWEEN.join(one.replace("%", "%25").replace(_BETWEEN, "%5F") for one in texts)


def _told(key: Key) -> Column:
    """Return what an address tells of a key."""
    return key.number if isinstance(key, Personal) else key


def _read(text: str, keys: Sequence[Key]) -> list[ColumnElement[Any]]:
    """Return the values of the keys in the last row of the page before."""
    parts = text.split(_BETWEEN)
    try:
        return [_value(unquote(part), key) for part, key in zip(parts, keys, strict=True)]
    except ValueError as error:
        raise _no_such_page() from error


def _value(text: str, key: Key) -> ColumnElement[Any]:
    told = _told(key)
    given = _parse(text, told.type.python_type)
    return key.value(given) if isinstance(key, Personal) else literal(given, told.type)


def _parse(text: str, kind: type[Any]) -> object:
    if issubclass(kind, date):  # as datetime is
        return kind.fromisoformat(text)
    if kind is int and len(text) > _LONGEST_NUMBER:
        raise ValueError("no row has it")
    return text == str(True) if kind is bool else kind(text)
