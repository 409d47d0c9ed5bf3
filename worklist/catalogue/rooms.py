"""The rooms in use, in the order in which people see them."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, contains_eager

from worklist.catalogue.models import Resource, Room


def rooms_in_use() -> Select[Room]:
    """Select every room in use with its resource and site, in display order."""
    return (
        select(Room)
        .join(Room.resource)
        .join(Resource.site)
        .where(Resource.active)
        .options(contains_eager(Room.resource).contains_eager(Resource.site))
        .order_by(Room.display_order, Resource.code)
    )


def rooms_of_site(session: Session, site_id: int) -> Sequence[Room]:
    """Return a site's rooms in use, in display order."""
    return session.scalars(rooms_in_use().where(Resource.site_id == site_id)).all()
