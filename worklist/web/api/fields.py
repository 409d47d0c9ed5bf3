"""Types and bases that the models of all features share."""

from datetime import UTC, date, datetime
from typing import Annotated, Generic, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from worklist.web.language import tell
from worklist.web.paging import MOST_ROWS, ROWS

LARGEST_ID = 2**63 - 1
_FIRST, _LAST = date(1850, 1, 1), date(2199, 12, 31)

Item = TypeVar("Item")


def _of_our_time(value: datetime) -> datetime:
    """Keep a moment that every zone can show."""
    if not _FIRST <= value.date() <= _LAST:
        raise ValueError("must lie between 1850 and 2200")
    return value.astimezone(UTC)


def _day_of_our_time(value: date) -> date:
    if not _FIRST <= value <= _LAST:
        raise ValueError("must lie between 1850 and 2200")
    return value


RowId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Moment = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
Day = Annotated[date, AfterValidator(_day_of_our_time)]
# A time of the day on the site's clock, which has no offset.
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
# An answer's sentence for a person, in the language of whoever asks.
Sentence = Annotated[str, BeforeValidator(tell)]
# A column that a list is sorted by, and where one of its pages begins.
SortedBy = Annotated[str, StringConstraints(pattern=r"^(-?[a-z_]{1,40})?$")]
After = Annotated[str, StringConstraints(max_length=400)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]


class Input(BaseModel):
    """What a request says; a field that is not known is refused, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Output(BaseModel):
    """What is answered; all its fields are always there."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    def etag(self) -> str | None:
        """Return what ``If-Match`` compares (RFC 9110 section 13.1.1); None where nothing is."""
        version = getattr(self, "version", None)
        return None if version is None else str(version)

    @classmethod
    def made_of(cls, source: object, /, **told: object) -> Self:
        """Return what ``source`` has under the names of the fields, and the others as told."""
        names = cls.model_fields.keys() - told.keys()
        return cls.model_validate({name: getattr(source, name) for name in names} | told)


class ListQuery(Input):
    """How many items of a list are answered at once."""

    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = ROWS


class TableQuery(ListQuery):
    """Which rows of a table; ``sort`` names a column of its page, with ``-`` before it backwards.

    ``all`` has those out of use as well.
    """

    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    all: bool = False
    sort: SortedBy = ""
    after: After = ""


class Page(Output, Generic[Item]):
    """Some items of a list; ``next`` is the address of those that follow, null on the last page."""

    items: list[Item]
    next: str | None


class ReasonBody(Input):
    """Why something is done; it stays with the exam."""

    reason: Reason


class Done(Output):
    """What was done, in words."""

    text: Sentence
