"""Date and time keys, and the combined range of the Modality Worklist.

A value names the whole of its precision: the time ``10`` is the hour from 10:00, ``1030`` the
minute from 10:30; the end of a range includes it. PS3.4 section C.2.2.2.5 and the remarks of
Table K.6-1: a range of dates and a range of times together are one range, from the first date at
the first time to the last date at the last time.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import NoReturn

_DAY = timedelta(days=1)
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_OLD_DATES = re.compile(r"(\d{4})\.(\d{2})\.(\d{2})")
_TIME = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?")
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})")
_MOST_OFFSET = timedelta(hours=14)


class TimeValueError(ValueError):
    """A date, time or offset is malformed, or a range runs backwards."""


@dataclass(frozen=True, slots=True)
class Dates:
    """First and last day of a date key; None is open."""

    first: date | None
    last: date | None

    @property
    def single(self) -> bool:
        """True for one day."""
        return self.first is not None and self.first == self.last


@dataclass(frozen=True, slots=True)
class Times:
    """Time since midnight from which (inclusive) and until which (exclusive) a time key goes."""

    first: timedelta
    until: timedelta
    is_range: bool


@dataclass(frozen=True, slots=True)
class LocalRange:
    """Local times from ``first`` (inclusive) until ``until`` (exclusive); None is open.

    ``of_day`` is asked of the time of each day beside it.
    """

    first: datetime | None = None
    until: datetime | None = None
    of_day: Times | None = None


def parse_dates(text: str) -> Dates:
    """Read a DA key: ``20261124``, ``20261124-20261130``, ``-20261130`` or ``20261124-``.

    Raises:
        TimeValueError: a date is malformed or the range runs backwards.
    """
    plain = _OLD_DATES.sub(r"\1\2\3", text.replace(" ", ""))
    first, is_range, last = plain.partition("-")
    if not is_range:
        one = _day(first)
        return Dates(one, one)
    dates = Dates(_day(first) if first else None, _day(last) if last else None)
    if dates.first and dates.last and dates.first > dates.last:
        raise TimeValueError("The range of dates runs backwards.")
    return dates


def parse_times(text: str) -> Times:
    """Read a TM key: ``1030``, ``0800-1200``, ``-1200`` or ``0800-``.

    Raises:
        TimeValueError: a time is malformed.
    """
    first, is_range, last = text.replace(" ", "").partition("-")
    if not is_range:
        return Times(*_moment(first), is_range=False)
    begin = _moment(first)[0] if first else timedelta()
    until = _moment(last)[1] if last else _DAY
    return Times(begin, until, is_range=True)


def combine(dates: Dates | None, times: Times | None) -> LocalRange:
    """Return the range that a date key and a time key ask for together.

    Raises:
        TimeValueError: the range of times runs backwards within one day.
    """
    if dates is None and times is None:
        return LocalRange()
    whole_days = _of_days(dates)
    if times is None:
        return whole_days
    within_a_day = dates is None or dates.single
    if times.until <= times.first and within_a_day:
        raise TimeValueError("The range of times runs backwards: it may not cross midnight.")
    if dates is None or not (dates.single or times.is_range):
        return LocalRange(whole_days.first, whole_days.until, times)
    return LocalRange(
        _at(dates.first, times.first) if dates.first else None,
        _at(dates.last, times.until) if dates.last else None,
    )


def parse_offset(text: str) -> timedelta:
    """Read a Timezone Offset From UTC, ``+0100`` (PS3.3 section C.12.1.1.8).

    Raises:
        TimeValueError: it is malformed or beyond -12:00 and +14:00.
    """
    found = _OFFSET.fullmatch(text)
    if not found:
        raise TimeValueError("The Timezone Offset From UTC is not of the form +0100.")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    offset = -offset if found[1] == "-" else offset
    if not -timedelta(hours=12) <= offset <= _MOST_OFFSET:
        raise TimeValueError("The Timezone Offset From UTC is beyond -1200 and +1400.")
    return offset


def parse_date_time(day: str, moment: str, zone: tzinfo | None = None) -> datetime:
    """Read a DA and a TM value as one moment, aware where ``zone`` is given.

    Raises:
        TimeValueError: one of them is malformed.
    """
    return _at(_day(day.strip()), _moment(moment.strip())[0]).replace(tzinfo=zone)


def as_zone(offset: timedelta) -> tzinfo:
    """Return the fixed zone of an offset."""
    return timezone(offset)


def format_offset(offset: timedelta) -> str:
    """Return ``+0100``."""
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"


def _of_days(dates: Dates | None) -> LocalRange:
    if dates is None:
        return LocalRange()
    return LocalRange(
        _at(dates.first, timedelta()) if dates.first else None,
        _at(dates.last, _DAY) if dates.last else None,
    )


def _at(day: date, moment: timedelta) -> datetime:
    try:
        return datetime.combine(day, time.min) + moment
    except OverflowError as error:
        raise TimeValueError("The date is out of range.") from error


def _day(text: str) -> date:
    found = _DATE.fullmatch(text) or _malformed("date")
    try:
        return date(*map(int, found.groups()))
    except ValueError as error:
        raise TimeValueError("The date is malformed: expected YYYYMMDD.") from error


def _moment(text: str) -> tuple[timedelta, timedelta]:
    """Return the start of the time given and the end of its precision."""
    found = _TIME.fullmatch(text) or _malformed("time")
    hours, minutes, seconds, fraction = found.groups()
    if int(hours) > 23 or int(minutes or 0) > 59 or int(seconds or 0) > 60:  # noqa: PLR2004 - the parts of a time
        _malformed("time")
    start = timedelta(
        hours=int(hours),
        minutes=int(minutes or 0),
        seconds=min(int(seconds or 0), 59),
        microseconds=int((fraction or "").ljust(6, "0")),
    )
    if fraction:
        return start, start + timedelta(microseconds=10 ** (6 - len(fraction)))
    if seconds:
        return start, start + timedelta(seconds=1)
    return start, start + (timedelta(minutes=1) if minutes else timedelta(hours=1))


def _malformed(what: str) -> NoReturn:
    raise TimeValueError(f"The {what} is malformed.")
