"""Which site stands for the department where none in particular is meant."""

from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.catalogue.models import Site

# The order in which sites come: those in use before the others, the oldest of them first.
IN_USE_FIRST = (Site.active.desc(), Site.id)


def zone_of_first(session: Session, default: ZoneInfo) -> ZoneInfo:
    """Return the time zone of the first site in use; ``default`` for as long as there is none."""
    known = session.scalar(select(Site.time_zone).order_by(*IN_USE_FIRST).limit(1))
    return ZoneInfo(known) if known else default
