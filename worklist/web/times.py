"""A moment as date-and-time fields of forms send it: wall-clock time in the page's zone."""

from datetime import datetime

from worklist.errors import DomainError
from worklist.language.text import _
from worklist.web import context


def read_moment(text: str) -> datetime:
    """Return the moment: ``2026-11-25T10:20`` is of the page's zone.

    Raises:
        DomainError: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise DomainError(
            _("%(text)s is not a time: write it as 2026-11-25T10:20.", text=repr(text))
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=context.zone())


def read_optional_moment(text: str) -> datetime | None:
    """Return the same; None, which means now, where nothing is given.

    Raises:
        DomainError: it is not a moment.
    """
    given = text.strip()
    return read_moment(given) if given else None
