"""Weekly hours as people type them: ``08:00-12:00, 13:00-17:00``."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta

from worklist.catalogue.hours import stretch
from worklist.catalogue.models import OpeningHours
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.scheduling.intervals import WeeklyHours

DAYS = {
    1: _("Monday"),
    2: _("Tuesday"),
    3: _("Wednesday"),
    4: _("Thursday"),
    5: _("Friday"),
    6: _("Saturday"),
    7: _("Sunday"),
    0: _("Public holidays"),
}
_STRETCH = re.compile(r"(\d{1,2}):(\d{2})\s*[-\N{EN DASH}]\s*(\d{1,2}):(\d{2})$")
_MIDNIGHT = 24


def write(hours: Iterable[OpeningHours]) -> dict[int, str]:
    """Return the text of each weekday, empty where it is closed."""
    texts: dict[int, list[str]] = {day: [] for day in DAYS}
    for line in hours:
        texts[line.weekday].append(stretch(line))
    return {day: ", ".join(found) for day, found in texts.items()}


def read(form: Mapping[str, str]) -> list[WeeklyHours]:
    """Return the hours that the fields ``day_1`` to ``day_7`` and ``day_0`` say.

    Raises:
        DomainError: a field cannot be read, or its stretches overlap or are out of order.
    """
    return [line for day in DAYS for line in read_day(day, form.get(f"day_{day}", ""))]


def is_plain(hours: Iterable[OpeningHours]) -> bool:
    """Return whether the hours hold always, so that a form can give them."""
    return all(line.valid_from is None and line.valid_until is None for line in hours)


def of_week(hours: Iterable[OpeningHours], monday: date) -> list[OpeningHours]:
    """Return the hours that hold in a week; of holidays, those that hold on any of its days."""
    return [line for line in hours if _holds(line, monday)]


def _holds(line: OpeningHours, monday: date) -> bool:
    first = monday + timedelta(days=max(line.weekday - 1, 0))
    last = first if line.weekday else monday + timedelta(days=6)
    return (line.valid_from or last) <= last and (line.valid_until or first) >= first


def read_day(day: int, text: str) -> list[WeeklyHours]:
    """Return the hours that a weekday's text says.

    Raises:
        DomainError: it cannot be read, or its stretches overlap or are out of order.
    """
    lines: list[WeeklyHours] = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        line = _read_stretch(day, part)
        if lines and (lines[-1].closes == time() or line.opens < lines[-1].closes):
            raise DomainError(
                _(
                    "%(days)s: %(part)s begins before the hours before it end.",
                    days=DAYS[day],
                    part=part,
                )
            )
        lines.append(line)
    return lines


def _read_stretch(day: int, text: str) -> WeeklyHours:
    found = _STRETCH.match(text)
    unreadable = DomainError(
        _("%(days)s: %(text)s are not hours. Write 08:00-17:00.", days=DAYS[day], text=repr(text))
    )
    if found is None:
        raise unreadable
    try:
        opens = time(int(found[1]), int(found[2]))
        ends_the_day = int(found[3]) == _MIDNIGHT and int(found[4]) == 0
        closes = time() if ends_the_day else time(int(found[3]), int(found[4]))
    except ValueError as error:
        raise unreadable from error
    if closes != time() and closes <= opens:
        raise DomainError(_("%(days)s: %(text)s ends before it begins.", days=DAYS[day], text=text))
    return WeeklyHours(day, opens, closes)
