"""Match dates and times: the start of the step, and Patient's Birth Date (PS3.4 C.2.2.2.5)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from pydicom.tag import BaseTag
from sqlalchemy import ColumnElement, Interval, Time, and_, cast, func, literal, or_, true

from worklist.catalogue.models import Site
from worklist.dicom import times
from worklist.dicom.identifier import IdentifierError, Key, Query
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.models import Patient

TIMEZONE_OFFSET = BaseTag(0x00080201)

# How far a zone's clock can be from UTC: what is asked in local time lies within.
_EARLIEST, _LATEST = timedelta(hours=14), timedelta(hours=12)


def birth_date(key: Key) -> ColumnElement[bool]:
    """Return what is asked of Patient's Birth Date.

    Raises:
        IdentifierError: it is malformed.
    """
    conditions = []
    for value in key.values:
        dates = _parsed(times.parse_dates, key, value)
        condition = Patient.birth_date.is_not(None)
        if dates.first is not None:
            condition &= Patient.birth_date >= dates.first
        if dates.last is not None:
            condition &= Patient.birth_date <= dates.last
        conditions.append(condition)
    return or_(*conditions)


def offset_of(query: Query) -> timedelta | None:
    """Return the Timezone Offset From UTC of the query, None where it names none.

    Raises:
        IdentifierError: it is malformed.
    """
    key = query.get(TIMEZONE_OFFSET)
    return _parsed(times.parse_offset, key, key.values[0]) if key and key.values else None


def start(
    date_key: Key | None, time_key: Key | None, offset: timedelta | None, default_zone: str
) -> list[ColumnElement[bool]]:
    """Return what is asked of the start, in the site's zone or at the offset of the query.

    Date and time that are both given are one range (PS3.4 section C.2.2.2.5.3).

    Raises:
        IdentifierError: one of them is malformed.
    """
    key = time_key or date_key
    if key is None:
        return []
    step = ScheduledProcedureStep.starts_at
    local: ColumnElement[Any]
    if offset is None:
        local = func.timezone(func.coalesce(Site.time_zone, default_zone), step)
    else:
        local = func.timezone("UTC", step) + literal(offset, Interval)
    ranges = [
        _parsed(lambda both: times.combine(*both), key, (day, moment))
        for day in _each(times.parse_dates, date_key)
        for moment in _each(times.parse_times, time_key)
    ]
    return [or_(*(and_(true(), *_within(one, local)) for one in ranges))]


def _each(parse: Callable[[str], Any], key: Key | None) -> list[Any]:
    """Return each value of the key parsed, a None where there is no key."""
    return [_parsed(parse, key, value) for value in key.values] if key else [None]


def _within(wanted: times.LocalRange, local: ColumnElement[Any]) -> Iterator[ColumnElement[bool]]:
    """Compare in local time, and with the index by what that can be in UTC."""
    step = ScheduledProcedureStep.starts_at
    if wanted.first is not None:
        yield local >= wanted.first
        yield step >= func.timezone("UTC", wanted.first - _EARLIEST)
    if wanted.until is not None:
        yield local < wanted.until
        yield step < func.timezone("UTC", wanted.until + _LATEST)
    if wanted.of_day is not None:
        since_midnight = cast(cast(local, Time), Interval)
        yield since_midnight >= wanted.of_day.first
        yield since_midnight < wanted.of_day.until


def _parsed(parse: Callable[[Any], Any], key: Key, value: Any) -> Any:  # noqa: ANN401
    try:
        return parse(value)
    except times.TimeValueError as error:
        raise IdentifierError(f"{key.keyword}: {error}", key.tag) from error
