"""Days, times, lengths and numbers as a language writes them (Unicode CLDR, by Babel).

English has forms of its own that no reader can take for another day: ``Tue 24 Nov 2026``.
Every time is given with the zone in which it is told.
"""

from datetime import date, datetime, timedelta, tzinfo

from babel import dates, numbers

from worklist.language.catalogues import SOURCE, tell
from worklist.language.clock_times import is_repeated
from worklist.language.text import _, ngettext

_MINUTES_AN_HOUR = 60
_HOURS_SHOWN = 48
_MONTHS_SHOWN = 24
# Patterns of Unicode Technical Standard 35; other languages use those of the CLDR for the skeleton.
_ENGLISH = {
    "yMMMEd": "EEE dd MMM y",
    "MMMEd": "EEE dd MMM",
    "yMMMd": "d MMM y",
    "MMMd": "d MMM",
    "Ed": "EEE dd",
}
# Where a language writes days in figures, a month's name only makes them longer.
_IN_FIGURES = {"de": {"yMMMEd": "EEE dd.MM.y", "MMMEd": "EEE dd.MM.", "yMMMd": "dd.MM.y"}}


def _pattern(skeleton: str, locale: str) -> str | None:
    own = _ENGLISH if locale == SOURCE else _IN_FIGURES.get(locale, {})
    return own.get(skeleton)


def _day(value: date, skeleton: str, locale: str) -> str:
    pattern = _pattern(skeleton, locale)
    if pattern is not None:
        return dates.format_date(value, pattern, locale=locale)
    return dates.format_skeleton(skeleton, value, locale=locale)


def clock(value: datetime, zone: tzinfo, locale: str) -> str:
    """Return the time of day, of 24 hours in every language: ``10:20``.

    One that clocks show twice, as when they go back in autumn, is told with its zone:
    ``02:30 CEST``, ``02:30 MESZ``.
    """
    local = value.astimezone(zone)
    if not is_repeated(local):
        return f"{local:%H:%M}"
    name = dates.get_timezone_name(local, "short", locale=locale)
    return f"{local:%H:%M} {name if name.isalpha() else local.tzname()}"


def day(value: date, locale: str) -> str:
    """Return a day with its weekday: ``Tue 24 Nov 2026``, ``Di. 24.11.2026``."""
    return _day(value, "yMMMEd", locale)


def day_of_year(value: date, locale: str) -> str:
    """Return a day where the year is clear: ``Tue 24 Nov``, ``Di. 24.11.``."""
    return _day(value, "MMMEd", locale)


def day_of_month(value: date, locale: str) -> str:
    """Return a day where the month is clear: ``Tue 24``."""
    return _day(value, "Ed", locale)


def day_and_month(value: date, locale: str) -> str:
    """Return a day as an axis has room for it: ``24 Nov``."""
    return _day(value, "MMMd", locale)


def date_alone(value: date, locale: str) -> str:
    """Return a day without its weekday: ``4 May 1981``, ``04.05.1981``."""
    return _day(value, "yMMMd", locale)


def moment(value: datetime, now: datetime, zone: tzinfo, locale: str) -> str:
    """Return the time of day, with its day where that is not today: ``Tue 24 Nov 10:20``."""
    local, today = value.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return clock(value, zone, locale)
    written = day_of_year if local.year == today.year else date_alone
    return f"{written(local.date(), locale)} {clock(value, zone, locale)}"


def duration(value: timedelta, locale: str) -> str:
    """Return a length of time: ``25 min``, ``3 h 10 min``, ``2 days``, ``-5 min``."""
    if value < timedelta(0):
        return f"-{duration(-value, locale)}"
    minutes = int(value.total_seconds() // 60)
    if minutes < _MINUTES_AN_HOUR:
        return tell(_("%(minutes)s min", minutes=minutes), locale)
    hours, rest = divmod(minutes, _MINUTES_AN_HOUR)
    if hours < _HOURS_SHOWN:
        return tell(_("%(hours)s h %(minutes)s min", hours=hours, minutes=f"{rest:02}"), locale)
    return tell(ngettext("%(num)s day", "%(num)s days", hours // 24), locale)


def age(birth_date: date, today: date, locale: str) -> str:
    """Return the age as people say it: ``45 y``, under two years ``14 m``."""
    months = (today.year - birth_date.year) * 12 + today.month - birth_date.month
    months -= today.day < birth_date.day
    if months < _MONTHS_SHOWN:
        return tell(_("%(months)s m", months=months), locale)
    return tell(_("%(years)s y", years=months // 12), locale)


def decimal(value: float, places: int, locale: str) -> str:
    """Return a number with so many places: ``3.5``, ``3,5``."""
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return numbers.format_decimal(value, pattern, locale=locale)


def shortest(value: float, locale: str) -> str:
    """Return a number with the places that it has, three at most: ``30``, ``109,77``."""
    return numbers.format_decimal(value, "0.###", locale=locale)


def weekday(number: int, locale: str) -> str:
    """Return the name of a weekday; 0 is Monday."""
    return str(dates.get_day_names("wide", locale=locale)[number])
