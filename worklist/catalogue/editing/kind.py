"""What every kind of thing in the catalogue can do: be found, told as values, and written."""

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import Select, SQLColumnExpression
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row", bound=Any)
Entry = TypeVar("Entry", bound=BaseModel)
Values = dict[str, Any]


class Kind(ABC, Generic[Row, Entry]):
    """One kind; ``key`` is the column by which its things are known, also in the history."""

    can_be_deleted = False

    def __init__(self, name: str, entry: type[Entry], key: InstrumentedAttribute[Any]) -> None:
        self.name, self.entry, self.key = name, entry, key

    @abstractmethod
    def select(self) -> Select[Any]:
        """Return the statement of all rows of the kind."""

    @abstractmethod
    def values(self, row: Row) -> Values:
        """Return what the entry of a row says, as JSON holds it."""

    @abstractmethod
    def write(self, session: Session, row: Row | None, entry: Entry) -> Row:
        """Bring a row, or a new one, to what the entry says."""

    def code(self, row: Row) -> str:
        """Return what the row is known by."""
        return str(getattr(row, self.key.key))

    def is_taken(self, session: Session, entry: Entry) -> bool:
        """Return whether another thing is known by what the entry would be."""
        return self.find(session, str(getattr(entry, self.key.key))) is not None

    @property
    def order(self) -> tuple[InstrumentedAttribute[Any], ...]:
        """The columns that order a list of the kind."""
        return (self.key,)

    @property
    def searched(self) -> tuple[SQLColumnExpression[Any], ...]:
        """What a text is looked for in."""
        return (self.key, self.key.class_.name)

    def find(self, session: Session, code: str) -> Row | None:
        """Return the row known by ``code``, locked for a change."""
        found: Row | None = session.scalar(
            self.select().where(self.key == code).with_for_update(of=self.key.class_)
        )
        return found

    def is_active(self, row: Row) -> bool | None:
        """Return whether it is in use; None where that cannot be chosen."""
        return getattr(row, "active", None)

    def set_active(self, row: Row, *, active: bool) -> None:
        """Take it out of use or back."""
        row.active = active

    def check_use(self, session: Session, row: Row, *, active: bool) -> None:
        """Refuse, with `DomainError`, a use that what refers to it does not allow."""


def put(session: Session, row: Row | None, table: type[Row], columns: Values) -> Row:
    """Bring the row, or a new one of the table, to these columns."""
    written: Row = table() if row is None else row
    for name, value in columns.items():
        setattr(written, name, value)
    session.add(written)
    session.flush()
    return written
