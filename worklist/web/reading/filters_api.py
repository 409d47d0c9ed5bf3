"""Filters of the reading queue that a reader keeps under a name, for programs."""

from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.reading import filters
from worklist.web import context
from worklist.web.api.fields import Input, Output
from worklist.web.api.operations import Operations

api = Operations("Filters of the queue", "Choices of the reading queue, kept under a name.")

_Words = Annotated[list[Annotated[str, StringConstraints(max_length=40)]], Field(max_length=20)]


class FilterWords(Input):
    """What the page's address says: the words of each choice."""

    tab: _Words = Field(default_factory=list)
    modality: _Words = Field(default_factory=list)
    priority: _Words = Field(default_factory=list)
    group: _Words = Field(default_factory=list)
    setting: _Words = Field(default_factory=list)
    waiting: _Words = Field(default_factory=list)
    column: _Words = Field(default_factory=list)
    sort: _Words = Field(default_factory=list)


class Filter(Output):
    """A filter that is kept under a name."""

    id: int
    name: str
    query: dict[str, list[str]]


class Filters(Output):
    """One's own filters by name."""

    items: list[Filter]


@api.get("/own/filters", Permission.READ)
def list_filters(session: Session) -> Filters:
    """List one's own filters of the queue."""
    found = filters.of_user(session, context.user(session))
    return Filters(items=[Filter.model_validate(one) for one in found])


@api.put("/own/filters/<name>", Permission.READ, twins="reading.save_filter")
def save_filter(session: Session, name: str, body: FilterWords) -> Filters:
    """Keep a filter of the queue under a name; one of the same name is replaced."""
    kept = {key: value for key, value in body.model_dump().items() if value}
    filters.save(session, context.user(session), name, kept, now=context.now())
    return list_filters(session)


@api.post("/own/filters/<int:filter_id>/forget", Permission.READ, twins="reading.forget_filter")
def forget_filter(session: Session, filter_id: int) -> Filters:
    """Forget a filter of one's own."""
    filters.forget(session, context.user(session), filter_id)
    return list_filters(session)
