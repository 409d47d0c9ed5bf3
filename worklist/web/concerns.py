"""News of exams, and the parts of pages that it does not concern.

Most news is of other days, rooms and patients. A part of a page says with its request which exams
there is news of that it does not show; where none of them belongs there now, nothing has changed.
"""

from typing import Any

from flask import Response, request
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from worklist.orders.models import ScheduledProcedureStep
from worklist.web.answers import NO_CONTENT

HEADER = "X-News"
_MOST = 60
_LONGEST = 18  # digits that surely fit a bigint


def news() -> frozenset[int]:
    """Return the numbers that the request has news of: none where it asks for everything."""
    given = request.headers.get(HEADER, "").split(",")
    ids = {int(one) for one in given if one.isascii() and one.isdecimal() and len(one) <= _LONGEST}
    return frozenset(ids) if len(ids) <= _MOST else frozenset()


def is_concerned(session: Session, *belongs: ColumnElement[bool]) -> bool:
    """Return whether the part has to be drawn: for news of exams, where one ``belongs`` to it.

    ``belongs`` are conditions on the exam. Asks nothing where the request has no news.
    """
    ids = news()
    if not ids:
        return True
    exam = ScheduledProcedureStep
    statement: Any = select(exists().where(exam.id.in_(ids), *belongs))
    return bool(session.scalar(statement))


def unchanged() -> Response:
    """Answer that the part is still as it is shown."""
    return Response(status=NO_CONTENT)
