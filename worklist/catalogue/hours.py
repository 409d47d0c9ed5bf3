"""Weekly hours as the history tells them."""

import calendar
from collections import defaultdict
from datetime import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.catalogue.models import OpeningHours


def told_hours(session: Session, resource_id: int | None = None) -> dict[int, dict[str, str]]:
    """Return the hours of a resource, or of all, by id, weekday and season.

    For example ``{7: {"Monday": "08:00-17:00"}}``.
    """
    statement = select(OpeningHours).order_by(
        OpeningHours.weekday, OpeningHours.valid_from, OpeningHours.opens
    )
    if resource_id is not None:
        statement = statement.where(OpeningHours.resource_id == resource_id)
    told: dict[int, dict[str, str]] = defaultdict(dict)
    for row in session.scalars(statement):
        closes = "24:00" if row.closes == time() else f"{row.closes:%H:%M}"
        stretch, day, days = f"{row.opens:%H:%M}-{closes}", _day(row), told[row.resource_id]
        days[day] = f"{days[day]}, {stretch}" if day in days else stretch
    return dict(told)


def _day(row: OpeningHours) -> str:
    name = calendar.day_name[row.weekday - 1] if row.weekday else "Public holidays"
    if row.valid_from is None and row.valid_until is None:
        return name
    return f"{name} {row.valid_from or '...'} to {row.valid_until or '...'}"
