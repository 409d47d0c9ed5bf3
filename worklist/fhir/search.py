"""Reading and searching resources that are rows: one statement, keyset pages (R4 section 3.1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select, func
from sqlalchemy.orm import Session

from worklist.fhir.elements import Json, without_empty
from worklist.fhir.errors import invalid, not_found, unknown_parameter
from worklist.fhir.parameters import Column, Parameter, references, whole_number

DEFAULT_COUNT = 50
MOST = 200
PAGING = frozenset({"_count", "_after", "_format"})


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
        count, after = paging(query)
        statement = self.select()
        for name, value in query:
            if name not in PAGING:
                statement = statement.where(self._parameter(name)(value))
        if count == 0:
            every = statement.with_only_columns(func.count(), maintain_column_froms=True)
            return counted(session.scalar(every) or 0, query, address=address)
        statement = statement.where(self.id > after).order_by(self.id).limit(count + 1)
        rows = session.scalars(statement).unique().all()
        shown = rows[:count]
        links = [("self", located(address, query))]
        if len(rows) > count:
            last = str(getattr(shown[-1], self.id.key))
            links.append(("next", located(address, replaced(query, "_after", last))))
        return bundle(
            [self.to_resource(session, row) for row in shown],
            links=links,
            base=address.rpartition("/")[0],
        )

    def _parameter(self, name: str) -> Parameter:
        known = {"_id": references(self.name, self.id), **self.parameters}
        if name not in known:
            raise unknown_parameter(self.name, name, known)
        return known[name]


def bundle(resources: Sequence[Json], *, links: Sequence[tuple[str, str]], base: str) -> Json:
    """Return a Bundle of type searchset (R4 section 2.36); without matches it has no entry."""
    return without_empty(
        resourceType="Bundle",
        type="searchset",
        link=[{"relation": relation, "url": url} for relation, url in links],
        entry=[
            {
                "fullUrl": f"{base}/{one['resourceType']}/{one['id']}",
                "resource": one,
                "search": {"mode": "match"},
            }
            for one in resources
        ],
    )


def counted(total: int, query: Sequence[tuple[str, str]], *, address: str) -> Json:
    """Return a Bundle that only says how many match (R4 section 3.1.1.5.3, ``_count=0``)."""
    link = [{"relation": "self", "url": located(address, query)}]
    return {"resourceType": "Bundle", "type": "searchset", "total": total, "link": link}


def located(address: str, query: Sequence[tuple[str, str]]) -> str:
    """Return the address of a search with its parameters."""
    return f"{address}?{urlencode(query)}" if query else address


def replaced(query: Sequence[tuple[str, str]], name: str, value: str) -> list[tuple[str, str]]:
    """Return the parameters with one of them anew."""
    return [*(pair for pair in query if pair[0] != name), (name, value)]


def paging(query: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """Return how many resources a page has, and the row behind which it begins.

    Raises:
        FhirError: one of them is no number.
    """
    values = dict(query)
    count = whole_number(values.get("_count", str(DEFAULT_COUNT)))
    after = whole_number(values.get("_after", "0"))
    if count is None or after is None:
        raise invalid("_count and _after are whole numbers.")
    return min(count, MOST), after
