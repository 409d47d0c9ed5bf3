"""HL7 data types to plain values: names, identifiers, times, numbers."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from worklist.hl7.errors import ErrorCode, Location, MessageError
from worklist.hl7.message import Repetition, Segment
from worklist.language.text import _

_TIMESTAMP = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?:\.(?P<fraction>\d{1,6})\d*)?)?)?)?)?)?"
    r"(?:(?P<sign>[+-])(?P<offset_hours>\d\d):?(?P<offset_minutes>\d\d))?"
)
_NUMBER = re.compile(r"[<>]?=?\s*(\d+(?:[.,]\d+)?)")
_NOT_IN_PN = re.compile(r"[\^=\\\s\x00-\x1f]+")
_REPRESENTATIONS = {"": "alphabetic", "A": "alphabetic", "I": "ideographic", "P": "phonetic"}
_NAME_TYPES = ("L", "", "D", "U")


@dataclass(frozen=True, slots=True)
class PersonName:
    """The three component groups of a DICOM PN (PS3.5 section 6.2.1.2); None: not valued."""

    alphabetic: str | None = None
    ideographic: str | None = None
    phonetic: str | None = None


def timestamp(value: str, zone: tzinfo, location: Location) -> datetime:
    """Read a TS or DTM (HL7 v2.5 section 2.A.22, 2.A.77) as an aware time in UTC.

    Without an offset it is the site's time: a time that a daylight-saving change repeats is the
    first of the two. What is left out is the beginning of the day, month or year.

    Raises:
        MessageError: 102, not a time.
    """
    match = _TIMESTAMP.fullmatch(value.strip())
    if match is None:
        raise _not_a(_("time (YYYYMMDDHHMMSS)"), value, location)
    part = match.groupdict()
    offset: tzinfo = zone
    try:
        if part["sign"]:
            shift = timedelta(hours=int(part["offset_hours"]), minutes=int(part["offset_minutes"]))
            offset = timezone(-shift if part["sign"] == "-" else shift)
        return datetime(
            int(part["year"]),
            int(part["month"] or 1),
            int(part["day"] or 1),
            int(part["hour"] or 0),
            int(part["minute"] or 0),
            int(part["second"] or 0),
            int((part["fraction"] or "0").ljust(6, "0")),
            tzinfo=offset,
        ).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _not_a(_("time (YYYYMMDDHHMMSS)"), value, location) from error


def optional_timestamp(
    segment: Segment | None, field: int, zone: tzinfo, *, component: int = 1
) -> datetime | None:
    """Return the time in a field, None where there is none.

    Raises:
        MessageError: 102, not a time.
    """
    if segment is None or not segment.text(field, component):
        return None
    place = segment.repetition(field).at(component) if component > 1 else segment.at(field)
    return timestamp(segment.text(field, component), zone, place)


def calendar_date(value: str, location: Location) -> date:
    """Read the day of a DT or TS; a time behind it is not looked at.

    Raises:
        MessageError: 102, not a day.
    """
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:8]))
    except ValueError as error:
        raise _not_a(_("date (YYYYMMDD)"), value, location) from error


def number(value: str) -> float | None:
    """Return the number in ``1.2``, ``1,2``, ``>60`` or ``< 5``; None where there is none."""
    match = _NUMBER.fullmatch(value.strip())
    return float(match[1].replace(",", ".")) if match else None


def patient_name(segment: Segment, field: int) -> PersonName:
    """Return the legal name of an XPN field in each representation that it is given in."""
    found: dict[str, tuple[int, str | None]] = {}
    for one in segment.repetitions(field):
        kind = _REPRESENTATIONS.get(one.text(8).upper())
        code = one.text(7).upper()
        rank = _NAME_TYPES.index(code) if code in _NAME_TYPES else len(_NAME_TYPES)
        if kind and (kind not in found or rank < found[kind][0]):
            null = one.value(1) == "" and not one.text(2)
            found[kind] = (rank, "" if null else pn(one, first=1) or None)
    return PersonName(**{kind: name for kind, (_, name) in found.items()})


def pn(name: Repetition, *, first: int) -> str:
    """Return a DICOM PN group from an XPN (``first`` 1) or XCN (``first`` 2).

    HL7 has family, given, middle, suffix, prefix; DICOM has prefix before suffix.
    """
    order = (first, first + 1, first + 2, first + 4, first + 3)
    parts = [_NOT_IN_PN.sub(" ", name.text(position)).strip() for position in order]
    return "^".join(parts).rstrip("^")


def physician(segment: Segment | None, field: int) -> str | None:
    """Return an XCN's first person as a DICOM PN; None where not valued."""
    if segment is None or not segment.raw(field):
        return None
    one = segment.repetition(field)
    return "" if one.value(1) == "" and not one.text(2) else pn(one, first=2) or None


def coded(segment: Segment | None, field: int) -> str | None:
    """Return what a CE or CWE says to a reader: its text, else its code."""
    if segment is None:
        return None
    one = segment.repetition(field)
    return one.text(2) or one.text(9) or one.value(1)


def _not_a(what: str, value: str, location: Location) -> MessageError:
    return MessageError(
        _(
            "%(value)s in %(location)s is not a %(what)s: correct it and send again.",
            value=repr(value[:40]),
            location=location.spoken,
            what=what,
        ),
        code=ErrorCode.DATA_TYPE,
        location=location,
    )
