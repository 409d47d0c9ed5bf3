"""Count what loading a catalogue changes, and bring one row to what the file says."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from worklist.catalogue.file import CatalogueError
from worklist.db import Base


@dataclass
class Changes:
    """How many rows of each kind a load added, changed or took out of use.

    ``theirs`` are the things, by kind and code, that people changed last: a load keeps them.
    ``gone`` names what is taken out of use.
    """

    theirs: AbstractSet[tuple[str, str]] = frozenset()
    kept: set[tuple[str, str]] = field(default_factory=set)
    added: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    retired: dict[str, int] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.retired)

    def is_theirs(self, kind: str, code: str) -> bool:
        """Return whether people changed the thing last."""
        return (kind, code) in self.theirs

    def keep(self, kind: str, code: str) -> bool:
        """Return whether the thing has to be kept as people made it, and remember it."""
        if self.is_theirs(kind, code):
            self.kept.add((kind, code))
        return self.is_theirs(kind, code)

    def count(self, what: str, kind: str) -> None:
        """Count one row of ``kind`` under ``added``, ``changed`` or ``retired``."""
        counts: dict[str, int] = getattr(self, what)
        counts[kind] = counts.get(kind, 0) + 1

    def retire(self, kind: str, code: str, table: str) -> None:
        """Count one thing that is taken out of use, and remember which."""
        self.count("retired", table)
        self.gone.append(f"{kind} {code}")

    def __str__(self) -> str:
        parts = [
            f"{number} {kind} {what}"
            for what in ("added", "changed", "retired")
            for kind, number in sorted(getattr(self, what).items())
        ]
        text = ", ".join(parts) or "nothing changed"
        if self.gone:
            text += f"; out of use now: {', '.join(self.gone)}"
        if not self.kept:
            return text
        names = ", ".join(f"{kind} {code}" for kind, code in sorted(self.kept))
        return f"{text}; kept as people changed them on pages: {names}"


def upsert(
    session: Session, row: Base | None, new: Base, fields: Mapping[str, Any], changes: Changes
) -> bool:
    """Add ``new`` or bring ``row`` to ``fields``; tell whether anything differed."""
    kind = new.__tablename__
    if row is None:
        session.add(new)
        changes.count("added", kind)
        return True
    different = {name: value for name, value in fields.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    if different:
        changes.count("changed", kind)
    return bool(different)


def site_id(sites: Mapping[str, int], code: str, place: str) -> int:
    """Return the id of the site.

    Raises:
        CatalogueError: there is no such site; the text begins with ``place``.
    """
    if code not in sites:
        raise CatalogueError(f"{place}: expected the code of a site; {code!r} is none.")
    return sites[code]
