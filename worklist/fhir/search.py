"""Reading and searching resources that are rows: one statement, keyset pages (R4 section 3.1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func
from sqlalchemy.orm import Session

from worklist.fhir.asked import Asked
from worklist.fhir.bundles import counted, searchset
from worklist.fhir.elements import Json, with_meta
from worklist.fhir.errors import invalid, not_found, unknown_parameter
from worklist.fhir.parameters import Column, Condition, Parameter, whole_number
from worklist.fhir.sorting import Sorting
from worklist.fhir.updated import Updated
from worklist.language.text import _


class Include(NamedTuple):
    """What a search may bring along: the kind a reference points to, and the id in a row."""

    kind: "Kind"
    id_of: Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A type of resource: its rows, how they become JSON, and what can be searched by.

    ``select`` gives the rows with all that ``to_resources`` reads; ``id`` is their key. ``sorts``
    are the columns of the parameters that a search may be sorted by, ``includes`` the references
    that it may follow.
    """

    name: str
    select: Callable[[], Select[Any]]
    id: Column
    to_resources: Callable[[Session, Sequence[Any]], list[Json]]
    parameters: Mapping[str, Parameter]
    updated: Updated | None = None
    sorts: Mapping[str, Column] = field(default_factory=dict)
    includes: Mapping[str, Include] = field(default_factory=dict)

    @property
    def known(self) -> dict[str, Parameter]:
        """Every parameter, with those that all resources have (R4 section 3.1.1.4)."""
        common = {"_id": Parameter("token", lambda value: self.id == self._number(value))}
        if self.updated is not None:
            common["_lastUpdated"] = self.updated.parameter()
        return {**common, **self.parameters}

    def read(self, session: Session, identifier: str) -> Json:
        """Return one resource.

        Raises:
            FhirError: there is none.
        """
        found = self.resources_of(session, [self._number(identifier)])
        if not found:
            raise not_found(self.name, identifier)
        return found[0]

    def search(self, session: Session, asked: Asked) -> Json:
        """Return a page of a searchset.

        Raises:
            FhirError: a parameter is unknown or cannot be read. Nothing is ignored, for a search
                that ignores a filter shows other people's data as if it fitted.
        """
        followed = [self._include(one) for one in asked.includes]
        statement = self.select()
        for name, value in asked.filters:
            statement = statement.where(self.condition(name, value))
        if asked.only_count:
            return counted(asked, _count(session, statement))
        sorting = Sorting.of(asked.sort, self.sorts, self.id)
        few = any(self._finds_few(name, value) for name, value in asked.filters)
        ids, after = sorting.page(session, statement, asked, few=few)
        rows = self._rows(session, ids)
        return searchset(
            asked,
            self._resources(session, rows),
            included=_included(session, rows, followed),
            following=asked.following(after) if after is not None else None,
            total=_count(session, statement) if asked.total else None,
        )

    def condition(self, name: str, value: str) -> Condition:
        """Return the condition of a parameter, such as ``status:not`` or ``patient.identifier``.

        Raises:
            FhirError: there is no such parameter, or its value cannot be read.
        """
        own, _dot, chained = name.partition(".")
        own, _colon, modifier = own.partition(":")
        parameter = self.known.get(own)
        if parameter is None:
            raise unknown_parameter(self.name, own, self.known)
        if not chained:
            return parameter.condition(own, modifier, value)
        if parameter.chained is None or (modifier and modifier not in parameter.modifiers):
            raise invalid(
                _(
                    "%(kind)s cannot be searched by %(name)s: %(own)s leads to nothing else.",
                    kind=self.name,
                    name=repr(name),
                    own=own,
                )
            )
        return parameter.chained(chained, value)

    def _finds_few(self, name: str, value: str) -> bool:
        parameter = self.known.get(name)
        return parameter is not None and parameter.finds_few(name, value)

    def ids_where(self, name: str, value: str) -> ColumnElement[Any]:
        """Return the ids of those that a parameter matches."""
        matching = self.select().options().with_only_columns(self.id, maintain_column_froms=True)
        return matching.where(self.condition(name, value)).scalar_subquery()

    def _include(self, text: str) -> Include:
        """Return what ``Appointment:patient`` follows; the type of the target may stand behind."""
        source, _colon, rest = text.partition(":")
        name, _colon, target = rest.partition(":")
        found = self.includes.get(name) if source == self.name else None
        if found is None or target not in {"", found.kind.name}:
            known = ", ".join(f"{self.name}:{one}" for one in self.includes) or _("nothing")
            raise invalid(
                _(
                    "_include=%(given)s is not supported: %(kind)s may include %(known)s.",
                    given=text,
                    kind=self.name,
                    known=known,
                )
            )
        return found

    def _resources(self, session: Session, rows: Sequence[Any]) -> list[Json]:
        resources = self.to_resources(session, rows)
        times = self.updated.of(session, rows) if self.updated and rows else [None] * len(rows)
        return [with_meta(one, at) for one, at in zip(resources, times, strict=True)]

    def _rows(self, session: Session, ids: Sequence[Any]) -> list[Any]:
        """Return the rows that have these ids, in their order."""
        wanted = [one for one in ids if one is not None]
        if not wanted:
            return []
        statement = self.select().add_columns(self.id).where(self.id.in_(wanted))
        found = {key: row for row, key in session.execute(statement).unique()}
        return [found[one] for one in wanted if one in found]

    def resources_of(self, session: Session, ids: Sequence[Any]) -> list[Json]:
        """Return those that have these ids, in their order."""
        return self._resources(session, self._rows(session, ids))

    def _number(self, text: str) -> Any:  # noqa: ANN401 - a number, of rooms their code
        return whole_number(text) if self.id.type.python_type is int else text


def _included(session: Session, rows: Sequence[Any], followed: Sequence[Include]) -> list[Json]:
    """Return what the rows refer to, each once however often."""
    ids: dict[str, tuple[Kind, set[Any]]] = {}
    for one in followed:
        _, several = ids.setdefault(one.kind.name, (one.kind, set()))
        several.update(one.id_of(row) for row in rows)
    return [
        resource
        for kind, wanted in ids.values()
        for resource in kind.resources_of(session, sorted(wanted))
    ]


def _count(session: Session, statement: Select[Any]) -> int:
    every = statement.with_only_columns(func.count(), maintain_column_froms=True)
    return session.scalar(every) or 0
