"""Long lists, page by page: each begins behind the last row of the one before (keyset paging)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from flask import request
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from worklist.errors import DomainError
from worklist.language.text import _

ROWS = 50
_BETWEEN = "_"

Row = TypeVar("Row")
Key = InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows; ``after`` is where the next page begins, None on the last."""

    rows: Sequence[Row]
    after: str | None


def paginate(
    session: Session,
    statement: Select[Row],
    keys: Sequence[Key],
    *,
    after: str,
    descending: bool = False,
) -> Page[Row]:
    """Return the page that begins behind the row ``after``, the first one where it is empty.

    ``keys`` order the rows and end with one that is unique.

    Raises:
        DomainError: ``after`` is not of this list.
    """
    if after:
        last = _read(after, keys)
        beyond = tuple_(*keys) < last if descending else tuple_(*keys) > last
        statement = statement.where(beyond)
    order = [key.desc() if descending else key.asc() for key in keys]
    found = session.scalars(statement.order_by(None).order_by(*order).limit(ROWS + 1)).all()
    shown = found[:ROWS]
    more = len(found) > ROWS
    return Page(shown, _write(shown[-1], keys) if more else None)


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


def _write(row: object, keys: Sequence[Key]) -> str:
    values = (getattr(row, key.key) for key in keys)
    return _BETWEEN.join(
        value.isoformat() if isinstance(value, datetime) else str(value) for value in values
    )


def _read(text: str, keys: Sequence[Key]) -> tuple[Any, ...]:
    parts = text.split(_BETWEEN)
    try:
        return tuple(
            _parse(part, key.type.python_type) for part, key in zip(parts, keys, strict=True)
        )
    except ValueError as error:
        raise _no_such_page() from error


def _parse(text: str, kind: type[Any]) -> object:
    if issubclass(kind, datetime):
        return datetime.fromisoformat(text)
    return kind(text)
