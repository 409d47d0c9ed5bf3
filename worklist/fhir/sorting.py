"""The order of what a search finds (R4 section 3.1.1.5.1) and its pages, by keyset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CTE, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from worklist.fhir.asked import Asked
from worklist.fhir.errors import invalid
from worklist.fhir.parameters import Column, Condition, whole_number
from worklist.language.text import _

_BETWEEN = "_"
_QUICKLY_SORTED = 1_000


@dataclass(frozen=True, slots=True)
class Sorting:
    """By one column, and by the id where that is equal; by the id alone where there is none.

    What has no value comes last, and first when it goes backwards, as indexes have it.
    """

    column: Column | None
    id: Column
    descending: bool

    @classmethod
    def of(cls, text: str, columns: Mapping[str, Column], unique: Column) -> "Sorting":
        """Read ``_sort``.

        Raises:
            FhirError: it is not sorted by that.
        """
        name = text.removeprefix("-")
        if name in {"", "_id"}:
            return cls(None, unique, text.startswith("-"))
        if name not in columns:
            known = ", ".join(["_id", *columns])
            raise invalid(
                _(
                    "_sort=%(given)s is not supported: it is one of %(known)s, with - backwards.",
                    given=text,
                    known=known,
                )
            )
        return cls(columns[name], unique, text.startswith("-"))

    def page(
        self, session: Session, statement: Select[Any], asked: Asked, *, few: bool
    ) -> tuple[Sequence[Any], str | None]:
        """Return the ids of the page that was asked for, and behind what the next one begins.

        Their rows are a statement of their own: with all that is loaded with them there would be
        more tables than the database looks for the best order of (``join_collapse_limit``).
        A ``few`` are found before they are sorted: they are the newest, and the database, which
        takes them to lie anywhere, would read all others on its way to the first page of them.
        Where they are many and the newest come first, that page is the first thing it reads.

        Raises:
            FhirError: there is no such page.
        """
        if asked.after:
            statement = statement.where(self._beyond(asked.after))
        keys: list[Any] = [self.id] if self.column is None else [self.column, self.id]
        narrow: Select[Any] = statement.with_only_columns(*keys, maintain_column_froms=True)
        if few:
            every = narrow.cte("found").prefix_with("MATERIALIZED")
            if not (self.descending and _are_many(session, every)):
                keys = list(every.c)
                narrow = select(*keys)
        order = [key.desc() if self.descending else key.asc() for key in keys]
        found = session.execute(narrow.order_by(*order).limit(asked.count + 1)).all()
        shown = found[: asked.count]
        after = _written(shown[-1]) if len(found) > asked.count else None
        return [row[-1] for row in shown], after

    def _beyond(self, after: str) -> Condition:
        text, separator, key = after.partition(_BETWEEN)
        if self.column is None:
            return self._past(self.id, self._key(after))
        if not separator:
            raise _no_such_page()
        later = self._past(self.id, self._key(key))
        if not text:
            missing = self.column.is_(None)
            beyond = and_(missing, later)
            return or_(beyond, ~missing) if self.descending else beyond
        try:
            value = self.column.type.python_type.fromisoformat(text)
        except ValueError as error:
            raise _no_such_page() from error
        beyond = or_(self._past(self.column, value), and_(self.column == value, later))
        return beyond if self.descending else or_(beyond, self.column.is_(None))

    def _past(self, column: Column, value: object) -> Condition:
        return column < value if self.descending else column > value

    def _key(self, text: str) -> object:
        """Return the id that a page begins behind: a number, of rooms their code."""
        if self.id.type.python_type is not int:
            return text
        number = whole_number(text)
        if number is None:
            raise _no_such_page()
        return number


def _are_many(session: Session, found: CTE) -> bool:
    """Return whether more were found than are quickly sorted; so many at most are read."""
    some = select(*list(found.c)[:1]).limit(_QUICKLY_SORTED + 1).subquery()
    return session.scalars(select(func.count()).select_from(some)).one() > _QUICKLY_SORTED


def _written(keys: Sequence[Any]) -> str:
    """Return the values of a row's keys; of two the first is a time, a date or missing."""
    *values, key = keys
    texts = [one.isoformat() if isinstance(one, date) else "" for one in values]
    return _BETWEEN.join([*texts, str(key)])


def _no_such_page() -> Exception:
    return invalid(_("There is no such page of this search: take the links of the one before."))
