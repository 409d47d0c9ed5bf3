"""What the pages of stations show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from worklist.catalogue.models import Resource, Room, Station
from worklist.catalogue.profiles import StationProfile
from worklist.dicom import defects
from worklist.dicom.models import ReportDefect, WorklistQuery, WorklistQueryTime
from worklist.dicom.query_log import last_asked
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.web.paging import Key, Page, Sorting, paginate, sorted_page

# A station that never asked did so before all others.
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_ASKED = (
    select(func.max(WorklistQuery.last_asked_at))
    .where(WorklistQuery.calling == Station.ae_title)
    .scalar_subquery()
)
_COLUMNS: dict[str, Key] = {
    "place": Room.display_order,
    "ae_title": Station.ae_title,
    "room": Resource.code,
    "modality": Station.modality,
    "asked": func.coalesce(_ASKED, _NEVER),
}


@dataclass(frozen=True, slots=True)
class StationLine:
    """A station with the last time that it asked, and how many kinds of defect it has."""

    station: Station
    asked: WorklistQueryTime | None
    defects: int


@dataclass(frozen=True, slots=True)
class StationPage:
    """A station with its profile, its queries and its defects, newest first."""

    station: Station
    profile: StationProfile
    queries: Page[WorklistQueryTime]
    defects: Sequence[ReportDefect]


# How the stations are sorted, as the address says it: else as their rooms stand.
sorting = partial(Sorting.of, columns=_COLUMNS, unique=Station.ae_title)


def stations(
    session: Session, sorting: Sorting, *, text: str = "", after: str = "", rows: int | None = None
) -> Page[StationLine]:
    """Return a page of the stations whose AE title, room or modality has ``text``.

    Three statements.
    """
    statement = (
        select(Station)
        .join(Station.room)
        .join(Room.resource)
        .where(Resource.active)
        .options(joinedload(Station.room))
    )
    if text:
        searched = (Station.ae_title, Station.modality, Resource.code)
        found = (one.icontains(text, autoescape=True) for one in searched)
        statement = statement.where(or_(*found))
    page = sorted_page(session, statement, sorting, after=after, rows=rows)
    titles = [one.ae_title for one in page.rows]
    asked_last = last_asked(session, titles)
    counts: dict[str, int] = dict(
        session.execute(
            select(ReportDefect.calling, func.count())
            .where(ReportDefect.calling.in_(titles))
            .group_by(ReportDefect.calling)
        ).all()
    )
    lines = [
        StationLine(one, asked_last.get(one.ae_title), counts.get(one.ae_title, 0))
        for one in page.rows
    ]
    return Page(lines, page.after)


def station(session: Session, ae_title: str) -> Station:
    """Return a station.

    Raises:
        NotFoundError: there is none with this AE title.
    """
    found = session.scalar(select(Station).where(Station.ae_title == ae_title))
    if found is None:
        raise NotFoundError(_("There is no station with AE title %(ae_title)s.", ae_title=ae_title))
    return found


def station_page(
    session: Session, ae_title: str, *, after: str = "", rows: int | None = None
) -> StationPage:
    """Return what the page of a station shows.

    Raises:
        NotFoundError: there is none with this AE title.
        DomainError: there is no such page of its queries.
    """
    shown = station(session, ae_title)
    return StationPage(
        station=shown,
        profile=session.get(StationProfile, shown.id) or StationProfile.defaults(shown.id),
        queries=asked(session, ae_title, after=after, rows=rows),
        defects=defects.of_station(session, ae_title),
    )


def asked(
    session: Session, ae_title: str, *, after: str = "", rows: int | None = None
) -> Page[WorklistQueryTime]:
    """Return a page of what a station asked, newest first.

    Raises:
        DomainError: there is no such page.
    """
    return paginate(
        session,
        select(WorklistQueryTime)
        .join(WorklistQueryTime.query)
        .where(WorklistQuery.calling == ae_title),
        (WorklistQueryTime.asked_at, WorklistQueryTime.id),
        after=after,
        descending=True,
        rows=rows,
    )
