"""Whose cases are: keeping, assigning and giving back one or several, for programs."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.reading import assignment, batch
from worklist.web import context
from worklist.web.api.fields import Input, Output, RowId
from worklist.web.api.operations import Operations
from worklist.web.reading import queries
from worklist.web.reading.case import ReadingCase, changed_case

api = Operations("Assigning cases", "Whose cases are: kept, assigned, given back.")


class AssignTo(Input):
    """Whom the case is for; null is anybody."""

    reader_id: RowId | None


_Cases = Annotated[list[RowId], Field(min_length=1, max_length=batch.MOST)]


class Several(Input):
    """Cases that are changed together; where one of them cannot be, none is."""

    task_ids: _Cases


class SeveralFor(Several):
    """The same with whom they are for; null is anybody."""

    reader_id: RowId | None


class Cases(Output):
    """The cases as they are now."""

    items: list[ReadingCase]


@api.post("/reading/<int:task_id>/reserve", Permission.READ, twins="reading.reserve")
def reserve_case(session: Session, task_id: int) -> ReadingCase:
    """Keep a case for oneself until it is due."""
    assignment.reserve(session, task_id, context.user(session), now=context.now())
    return changed_case(session, task_id)


@api.post("/reading/<int:task_id>/give-back", Permission.READ, twins="reading.give_back")
def give_case_back(session: Session, task_id: int) -> ReadingCase:
    """Let a case that is kept be anybody's again."""
    assignment.give_back(session, task_id, context.user(session), now=context.now())
    return changed_case(session, task_id)


@api.post("/reading/<int:task_id>/assign", Permission.ASSIGN_READING, twins="reading.assign")
def assign_case(session: Session, task_id: int, body: AssignTo) -> ReadingCase:
    """Give a case to a reader, or back to everybody."""
    assignment.assign(session, task_id, body.reader_id, by=context.user(session), now=context.now())
    return changed_case(session, task_id)


@api.post("/reading/several/reserve", Permission.READ, twins="reading.reserve_several")
def reserve_cases(session: Session, body: Several) -> Cases:
    """Keep several cases for oneself: all of them or none."""
    batch.reserve(session, body.task_ids, context.user(session), now=context.now())
    return _changed_cases(session, body.task_ids)


@api.post("/reading/several/release", Permission.READ, twins="reading.release_several")
def release_cases(session: Session, body: Several) -> Cases:
    """Give several cases back that are yours: all of them or none."""
    batch.release(session, body.task_ids, context.user(session), now=context.now())
    return _changed_cases(session, body.task_ids)


@api.post("/reading/several/assign", Permission.ASSIGN_READING, twins="reading.assign_several")
def assign_cases(session: Session, body: SeveralFor) -> Cases:
    """Give several cases to a reader, or back to everybody: all of them or none."""
    user, now = context.user(session), context.now()
    batch.assign(session, body.task_ids, body.reader_id, by=user, now=now)
    return _changed_cases(session, body.task_ids)


def _changed_cases(session: Session, task_ids: list[int]) -> Cases:
    session.flush()
    session.expire_all()
    found = queries.several(session, task_ids)
    return Cases(items=[ReadingCase.of(one) for one in found])
