"""Weekly hours: those of a resource, and how they are told."""

import calendar
from collections import defaultdict
from collections.abc import Sequence
from datetime import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.catalogue.models import OpeningHours

FIELDS = ("weekday", "opens", "closes", "valid_from", "valid_until")


def lines_of(session: Session, resource_id: int) -> Sequence[OpeningHours]:
    """Return the hours of a resource by weekday and time."""
    return session.scalars(
        select(OpeningHours)
        .where(OpeningHours.resource_id == resource_id)
        .order_by(OpeningHours.weekday, OpeningHours.opens)
    ).all()


def stretch(line: OpeningHours) -> str:
    """Return the times of a line: ``08:00-17:00``, until ``24:00`` at the end of the day."""
    closes = "24:00" if line.closes == time() else f"{line.closes:%H:%M}"
    return f"{line.opens:%H:%M}-{closes}"


def hours_in_words(session: Session, resource_id: int | None = None) -> dict[int, dict[str, str]]:
    """Return the hours of a resource, or of all, by id, weekday and season, for the history.

    For example ``{7: {"Monday": "08:00-17:00"}}``.
    """
    statement = select(OpeningHours).order_by(
        OpeningHours.weekday, OpeningHours.valid_from, OpeningHours.opens
    )
    if resource_id is not None:
        statement = statement.where(OpeningHours.resource_id == resource_id)
    told: dict[int, dict[str, str]] = defaultdict(dict)
    for row in session.scalars(statement):
        day, days = _day(row), told[row.resource_id]
        days[day] = f"{days[day]}, {stretch(row)}" if day in days else stretch(row)
    return dict(told)


def _day(row: OpeningHours) -> str:
    name = calendar.day_name[row.weekday - 1] if row.weekday else "Public holidays"
    if row.valid_from is None and row.valid_until is None:
        return name
    return f"{name} {row.valid_from or '...'} to {row.valid_until or '...'}"
