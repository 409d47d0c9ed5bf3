"""A moment as date-and-time fields of forms send it: wall-clock time in the page's zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from worklist.errors import DomainError
from worklist.language.text import _
from worklist.web import context


def read_moment(text: str) -> datetime:
    """Return the moment: ``2026-11-25T10:20`` is of the page's zone.

    Raises:
        DomainError: it is none, or the clocks leave it out.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise DomainError(
            _("%(text)s is not a time: write it as 2026-11-25T10:20.", text=repr(text))
        ) from error
    return moment if moment.tzinfo else of_wall_clock(moment, context.zone())


def of_wall_clock(shown: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment at which a clock of the zone shows this; of two the earlier.

    Raises:
        DomainError: no clock ever shows it: in spring an hour is left out.
    """
    moment = shown.replace(tzinfo=zone)
    later = moment.astimezone(UTC).astimezone(zone)
    if later.replace(tzinfo=None) != shown:
        raise DomainError(
            _(
                "There is no %(time)s on %(day)s: the clocks go forward then. The hour after it "
                "begins at %(later)s.",
                time=f"{shown:%H:%M}",
                day=f"{shown.day} {shown:%b %Y}",
                later=f"{later:%H}:00",
            )
        )
    return moment


def read_optional_moment(text: str) -> datetime | None:
    """Return the same; None, which means now, where nothing is given.

    Raises:
        DomainError: it is not a moment.
    """
    given = text.strip()
    return read_moment(given) if given else None
