"""What the pages of stations show."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from worklist.catalogue.models import Resource, Room, Station
from worklist.catalogue.profiles import StationProfile
from worklist.dicom import defects
from worklist.dicom.models import ReportDefect, WorklistQuery, WorklistQueryTime
from worklist.dicom.query_log import last_asked
from worklist.errors import NotFoundError
from worklist.language.text import _

_SHOWN_QUERIES = 30


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
    queries: Sequence[WorklistQueryTime]
    defects: Sequence[ReportDefect]


def stations(session: Session) -> list[StationLine]:
    """Return every station in the order of the rooms, with three statements."""
    rows = session.scalars(
        select(Station)
        .join(Station.room)
        .join(Room.resource)
        .where(Resource.active)
        .order_by(Room.display_order, Station.ae_title)
        .options(joinedload(Station.room))
    ).all()
    asked = last_asked(session, [one.ae_title for one in rows])
    counts: dict[str, int] = dict(
        session.execute(
            select(ReportDefect.calling, func.count()).group_by(ReportDefect.calling)
        ).all()
    )
    return [StationLine(one, asked.get(one.ae_title), counts.get(one.ae_title, 0)) for one in rows]


def station(session: Session, ae_title: str) -> Station:
    """Return a station.

    Raises:
        NotFoundError: there is none with this AE title.
    """
    found = session.scalar(select(Station).where(Station.ae_title == ae_title))
    if found is None:
        raise NotFoundError(_("There is no station with AE title %(ae_title)s.", ae_title=ae_title))
    return found


def station_page(session: Session, ae_title: str) -> StationPage:
    """Return what the page of a station shows.

    Raises:
        NotFoundError: there is none with this AE title.
    """
    shown = station(session, ae_title)
    return StationPage(
        station=shown,
        profile=session.get(StationProfile, shown.id) or StationProfile.defaults(shown.id),
        queries=session.scalars(
            select(WorklistQueryTime)
            .join(WorklistQueryTime.query)
            .where(WorklistQuery.calling == ae_title)
            .order_by(WorklistQueryTime.asked_at.desc(), WorklistQueryTime.id.desc())
            .limit(_SHOWN_QUERIES)
        ).all(),
        defects=defects.of_station(session, ae_title),
    )
