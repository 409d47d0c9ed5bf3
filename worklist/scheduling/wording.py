"""Times and lengths of time in sentences."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from worklist.language.clock_times import written

_MINUTES_AN_HOUR = 60
_MINUTES_A_DAY = 24 * _MINUTES_AN_HOUR


def moment(value: datetime, zone: ZoneInfo) -> str:
    """Return a time for a sentence: ``Tue 24 Nov 10:20``, ``Sun 25 Oct 02:30 CEST``."""
    local = value.astimezone(zone)
    return f"{local:%a %d %b} {written(local)}"


def duration(value: timedelta) -> str:
    """Return a length of time for a sentence: ``25 min``, ``3 h 10 min``, ``2 days``."""
    minutes = round(value.total_seconds() / 60)
    if minutes < _MINUTES_AN_HOUR:
        return f"{minutes} min"
    if minutes < 2 * _MINUTES_A_DAY:
        hours, rest = divmod(minutes, _MINUTES_AN_HOUR)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, rest = divmod(minutes, _MINUTES_A_DAY)
    hours = rest // _MINUTES_AN_HOUR
    return f"{days} days {hours} h" if hours else f"{days} days"
