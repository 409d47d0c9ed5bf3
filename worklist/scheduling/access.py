"""Access to rooms: when each could take its third next patient, measured once a day and kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Date, ForeignKey, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from worklist.catalogue.models import Resource, Room, Site
from worklist.catalogue.rooms import rooms_of_site
from worklist.db import Base
from worklist.scheduling.availability import Availability
from worklist.scheduling.intervals import Interval

# A stretch that most exams fit into: what "available" means for the third next one.
_USUAL_STAY = timedelta(minutes=30)
_LOOK_AHEAD = timedelta(days=30)
# Always at about the same time of the day, so that the days can be compared.
_HOUR = 8
_THIRD = 3


class AccessDay(Base):
    """How long a room's third next available half hour was away on one day of its site.

    ``wait_seconds`` is None where there was none within 30 days.
    """

    __tablename__ = "access_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    resource_id: Mapped[int] = mapped_column(
        ForeignKey("resources.id"), primary_key=True, index=True
    )
    measured_at: Mapped[datetime]
    wait_seconds: Mapped[int | None]


@dataclass(frozen=True, slots=True)
class NextAvailable:
    """When a room could take its third next patient, the usual measure of access."""

    resource_id: int
    code: str
    name: str
    third: datetime | None


def calendars(
    session: Session,
    of: Sequence[Room],
    window: Interval,
    now: datetime,
    *,
    free: bool = False,
) -> dict[int, tuple[Interval, ...]]:
    """Return each room's usable time, or what of it is still free."""
    availability = Availability(
        session,
        [room.id for room in of],
        patient_id=0,
        now=now,
        purposes=frozenset({"E", "I"}),
        ignored=(),
    )
    resources = availability.within(window).resources
    return {key: one.free if free else one.usable for key, one in resources.items()}


def third_next_available(session: Session, site: Site, now: datetime) -> list[NextAvailable]:
    """Return for every room when its third free half hour begins (within 30 days)."""
    known = rooms_of_site(session, site.id)
    free = calendars(session, known, Interval(now, now + _LOOK_AHEAD), now, free=True)
    return [
        NextAvailable(room.id, room.code, room.name, _third(free.get(room.id, ())))
        for room in known
    ]


def measure(session: Session, *, now: datetime) -> int:
    """Keep the day's measure of every site where it is due; return for how many rooms.

    Repeating it keeps the first measure of a day.
    """
    kept = 0
    for site in session.scalars(select(Site).where(Site.active).order_by(Site.id)):
        local = now.astimezone(ZoneInfo(site.time_zone))
        if local.hour < _HOUR or _is_measured(session, site, local.date()):
            continue
        rows = [
            {
                "day": local.date(),
                "resource_id": one.resource_id,
                "measured_at": now,
                "wait_seconds": one.third and round((one.third - now).total_seconds()),
            }
            for one in third_next_available(session, site, now)
        ]
        if rows:
            session.execute(insert(AccessDay).values(rows).on_conflict_do_nothing())
            kept += len(rows)
    return kept


def _is_measured(session: Session, site: Site, day: date) -> bool:
    of_site = select(Resource.id).where(Resource.site_id == site.id)
    found = select(AccessDay.day).where(AccessDay.day == day, AccessDay.resource_id.in_(of_site))
    return session.scalar(found.limit(1)) is not None


def _third(free: Sequence[Interval]) -> datetime | None:
    found = 0
    for stretch in free:
        start = stretch.start
        while start + _USUAL_STAY <= stretch.end:
            found += 1
            if found == _THIRD:
                return start
            start += _USUAL_STAY
    return None
