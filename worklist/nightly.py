"""Work of the night: once every night, from a set hour by the department's clock.

That is the clock of the first site in use, in which pages of no site in particular tell times too.
The last night of each work is a row, so that neither a day on which the clocks change nor a beat
that was away leaves a night out or does it twice.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Date
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from worklist.catalogue.sites import zone_of_first
from worklist.db import Base

# A machine that was off at the hour does the work when it is back, unless the day has begun.
_LATEST = timedelta(hours=4)


class NightlyWork(Base):
    """The last night for which some work was begun, by the date of its hour."""

    __tablename__ = "nightly_work"

    name: Mapped[str] = mapped_column(primary_key=True)
    night: Mapped[date] = mapped_column(Date)


def begin(session: Session, name: str, *, now: datetime, hour: int, default_zone: str) -> bool:
    """Tell whether this work is due, and if so note that it is begun.

    Who asks meanwhile waits for this transaction; rolled back, the work is due again.

    Args:
        session: The note is written in its transaction.
        name: Names the work.
        now: The present time.
        hour: The hour of the day, 0 to 23, from which on the work is due for four hours.
        default_zone: The IANA time zone for as long as there is no site.
    """
    night = _night(now, hour, zone_of_first(session, ZoneInfo(default_zone)))
    if night is None:
        return False
    note = insert(NightlyWork).values(name=name, night=night)
    begun = session.execute(
        note.on_conflict_do_update(
            index_elements=[NightlyWork.name],
            set_={"night": note.excluded.night},
            where=NightlyWork.night < note.excluded.night,
        ).returning(NightlyWork.name)
    )
    return begun.first() is not None


def _night(now: datetime, hour: int, zone: ZoneInfo) -> date | None:
    """Return the date of the hour that has come lately, if one has.

    An hour that the clocks leave out comes when they have gone on, one that they repeat comes with
    its first time (PEP 495: an aware time with ``fold=0``).
    """
    today = now.astimezone(zone).date()
    for day in (today, today - timedelta(days=1)):
        since = now - datetime.combine(day, time(hour), zone).astimezone(UTC)
        if timedelta(0) <= since < _LATEST:
            return day
    return None
