"""Weekly hours as the history tells them."""

import calendar
from datetime import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.catalogue.models import OpeningHours


def told_hours(session: Session, resource_id: int) -> dict[str, str]:
    """Return the hours of a resource by weekday and season: ``{"Monday": "08:00-17:00"}``."""
    rows = session.scalars(
        select(OpeningHours)
        .where(OpeningHours.resource_id == resource_id)
        .order_by(OpeningHours.weekday, OpeningHours.valid_from, OpeningHours.opens)
    )
    told: dict[str, str] = {}
    for row in rows:
        stretch = f"{row.opens:%H:%M}-{'24:00' if row.closes == time() else f'{row.closes:%H:%M}'}"
        day = _day(row)
        told[day] = f"{told[day]}, {stretch}" if day in told else stretch
    return told


def _day(row: OpeningHours) -> str:
    name = calendar.day_name[row.weekday - 1] if row.weekday else "Public holidays"
    if row.valid_from is None and row.valid_until is None:
        return name
    return f"{name} {row.valid_from or '...'} to {row.valid_until or '...'}"
