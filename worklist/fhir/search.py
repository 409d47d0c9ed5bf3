"""Reading and searching resources that are rows: one statement, keyset pages (R4 section 3.1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select
from sqlalchemy.orm import Session

from worklist.fhir.elements import Json
from worklist.fhir.errors import invalid, not_found, unknown_parameter
from worklist.fhir.parameters import Column, Parameter, references, whole_number

DEFAULT_COUNT = 50
MOST = 200
_PAGING = frozenset({"_count", "_after", "_format"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A type of resource: its rows, how one becomes JSON, and what can be searched by.

    ``select`` gives the rows with all that ``to_resource`` reads; ``id`` is their key.
    """

    name: str
    select: Callable[[], Select[Any]]
    id: Column
    to_resource: Callable[[Session, Any], Json]
    parameters: Mapping[str, Parameter]

    def read(self, session: Session, identifier: str) -> Json:
        """Return one resource.

        Raises:
            FhirError: there is none.
        """
        number = whole_number(identifier)
        row = (
            session.scalars(self.select().where(self.id == number)).unique().first()
            if number is not None
            else None
        )
        if row is None:
            raise not_found(self.name, identifier)
        return self.to_resource(session, row)

    def search(self, session: Session, query: Sequence[tuple[str, str]], *, address: str) -> Json:
        """Return a page of a searchset.

        Args:
            session: Only read.
            query: Every parameter with its value; several of one name must all match.
            address: Where this search is found, for the links.

        Raises:
            FhirError: a parameter is unknown or cannot be read. Nothing is ignored, for a search
                that ignores a filter shows other people's data as if it fitted.
        """
        count, after = _paging(query)
        statement = self.select().where(self.id > after).order_by(self.id).limit(count + 1)
        for name, value in query:
            if name not in _PAGING:
                statement = statement.where(self._parameter(name)(value))
        rows = session.scalars(statement).unique().all()
        shown = rows[:count]
        links = [("self", [*query])]
        if len(rows) > count:
            rest = [pair for pair in query if pair[0] != "_after"]
            links.append(("next", [*rest, ("_after", str(getattr(shown[-1], self.id.key)))]))
        return bundle(
            [self.to_resource(session, row) for row in shown],
            links=[(relation, f"{address}?{urlencode(pairs)}") for relation, pairs in links],
            base=address.rpartition("/")[0],
        )

    def _parameter(self, name: str) -> Parameter:
        known = {"_id": references(self.name, self.id), **self.parameters}
        if name not in known:
            raise unknown_parameter(self.name, name, known)
        return known[name]


def bundle(resources: Sequence[Json], *, links: Sequence[tuple[str, str]], base: str) -> Json:
    """Return a Bundle of type searchset (R4 section 2.36)."""
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": relation, "url": url} for relation, url in links],
        "entry": [
            {
                "fullUrl": f"{base}/{one['resourceType']}/{one['id']}",
                "resource": one,
                "search": {"mode": "match"},
            }
            for one in resources
        ],
    }


def _paging(query: Sequence[tuple[str, str]]) -> tuple[int, int]:
    values = dict(query)
    count = whole_number(values.get("_count", str(DEFAULT_COUNT)))
    after = whole_number(values.get("_after", "0"))
    if count is None or after is None:
        raise invalid("_count and _after are whole numbers.")
    return min(max(count, 1), MOST), after
