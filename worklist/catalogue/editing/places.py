"""Sites, what stands in them, and their public holidays, as kinds of the catalogue."""

from datetime import date
from typing import Any

from sqlalchemy import Select, SQLColumnExpression, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload
from typing_extensions import override

from worklist.catalogue import models
from worklist.catalogue.editing import entries
from worklist.catalogue.editing.errors import FieldError
from worklist.catalogue.editing.kind import Kind, Values, put
from worklist.errors import DomainError
from worklist.language.text import _


class Sites(Kind[models.Site, entries.Site]):
    """Sites; one is taken out of use after all that stands in it."""

    @override
    def select(self) -> Select[Any]:
        return select(models.Site)

    @override
    def values(self, row: models.Site) -> Values:
        return {name: getattr(row, name) for name in entries.Site.model_fields}

    @override
    def write(self, session: Session, row: models.Site | None, entry: entries.Site) -> models.Site:
        return put(session, row, models.Site, entry.model_dump())

    @override
    def check_use(self, session: Session, row: models.Site, *, active: bool) -> None:
        if active:
            return
        there = models.Resource.active & (models.Resource.site_id == row.id)
        codes = session.scalars(select(models.Resource.code).where(there).order_by("code")).all()
        if codes:
            raise DomainError(
                _(
                    "%(site)s still has what is in use; take it out of use first: %(codes)s.",
                    site=row.code,
                    codes=", ".join(codes),
                )
            )
        others = select(models.Site.id).where(models.Site.active, models.Site.id != row.id)
        if session.scalar(others.limit(1)) is None:
            raise DomainError(
                _("%(site)s is the only site in use: make another one first.", site=row.code)
            )


class Rooms(Kind[models.Room, entries.Room]):
    """Rooms; the resource of each has its code, name, site and hours."""

    @override
    def select(self) -> Select[Any]:
        return (
            select(models.Room)
            .join(models.Room.resource)
            .options(joinedload(models.Room.resource).joinedload(models.Resource.site))
        )

    @override
    def values(self, row: models.Room) -> Values:
        own = {name: getattr(row, name) for name in entries.Room.model_fields if name != "site"}
        return own | {"site": row.resource.site.code}

    @override
    def write(self, session: Session, row: models.Room | None, entry: entries.Room) -> models.Room:
        resource = _put_resource(
            session, row.resource if row else None, entry, models.ResourceKind.ROOM
        )
        room = put(session, row, models.Room, entry.columns() | {"id": resource.id})
        session.refresh(room)
        return room

    @override
    def is_taken(self, session: Session, entry: entries.Room) -> bool:
        return _is_resource(session, entry.code)

    @override
    def is_active(self, row: models.Room) -> bool:
        return row.resource.active

    @override
    def set_active(self, row: models.Room, *, active: bool) -> None:
        row.resource.active = active

    @override
    def check_use(self, session: Session, row: models.Room, *, active: bool) -> None:
        _check_site(row.resource, active=active)


class Resources(Kind[models.Resource, entries.Resource]):
    """Bays, chairs and staff: every resource that is not a room."""

    @override
    def select(self) -> Select[Any]:
        return (
            select(models.Resource)
            .where(models.Resource.kind != models.ResourceKind.ROOM)
            .options(joinedload(models.Resource.site))
        )

    @override
    def values(self, row: models.Resource) -> Values:
        return {
            "code": row.code,
            "name": row.name,
            "kind": str(row.kind),
            "site": row.site.code,
        }

    @override
    def write(
        self, session: Session, row: models.Resource | None, entry: entries.Resource
    ) -> models.Resource:
        if entry.kind is models.ResourceKind.ROOM:
            raise FieldError("kind", _("Make a room on the page of the rooms."))
        return _put_resource(session, row, entry, entry.kind)

    @override
    def is_taken(self, session: Session, entry: entries.Resource) -> bool:
        return _is_resource(session, entry.code)

    @override
    def check_use(self, session: Session, row: models.Resource, *, active: bool) -> None:
        _check_site(row, active=active)


class Stations(Kind[models.Station, entries.Station]):
    """Stations; how each is served is its profile."""

    @override
    def select(self) -> Select[Any]:
        return select(models.Station).options(joinedload(models.Station.room))

    @override
    def values(self, row: models.Station) -> Values:
        own = {name: getattr(row, name) for name in entries.Station.model_fields if name != "room"}
        return own | {"room": row.room.code}

    @override
    def write(
        self, session: Session, row: models.Station | None, entry: entries.Station
    ) -> models.Station:
        room_id = session.scalar(
            select(models.Room.id)
            .join(models.Room.resource)
            .where(models.Resource.code == entry.room)
        )
        if room_id is None:
            raise FieldError("room", _("There is no room %(code)s.", code=entry.room))
        own = entry.model_dump(exclude={"room"}) | {"name": entry.name or entry.ae_title}
        station = put(session, row, models.Station, own | {"room_id": room_id})
        session.refresh(station)
        return station


class Holidays(Kind[models.PublicHoliday, entries.Holiday]):
    """Public holidays, known by site and day; the only things that are deleted."""

    can_be_deleted = True

    @override
    def select(self) -> Select[Any]:
        return (
            select(models.PublicHoliday)
            .join(models.Site, models.Site.id == models.PublicHoliday.site_id)
            .options(joinedload(models.PublicHoliday.site))
        )

    @override
    def code(self, row: models.PublicHoliday) -> str:
        return f"{row.site.code}_{row.day}"

    @override
    def is_taken(self, session: Session, entry: entries.Holiday) -> bool:
        return self.find(session, f"{entry.site}_{entry.day}") is not None

    @property
    @override
    def order(self) -> tuple[InstrumentedAttribute[Any], ...]:
        return (models.PublicHoliday.day, models.PublicHoliday.id)

    @property
    @override
    def searched(self) -> tuple[SQLColumnExpression[Any], ...]:
        return (models.PublicHoliday.name,)

    @override
    def find(self, session: Session, code: str) -> models.PublicHoliday | None:
        site, _, day = code.rpartition("_")
        try:
            wanted = date.fromisoformat(day)
        except ValueError:
            return None
        found: models.PublicHoliday | None = session.scalar(
            self.select().where(models.Site.code == site, models.PublicHoliday.day == wanted)
        )
        return found

    @override
    def values(self, row: models.PublicHoliday) -> Values:
        return {"site": row.site.code, "day": row.day.isoformat(), "name": row.name}

    @override
    def write(
        self, session: Session, row: models.PublicHoliday | None, entry: entries.Holiday
    ) -> models.PublicHoliday:
        site_id = _site_id(session, entry.site, row)
        fields = {"site_id": site_id, "day": entry.day, "name": entry.name}
        holiday = put(session, row, models.PublicHoliday, fields)
        session.refresh(holiday)
        return holiday


def _put_resource(
    session: Session,
    row: models.Resource | None,
    entry: entries.Room | entries.Resource,
    kind: models.ResourceKind,
) -> models.Resource:
    columns = {
        "code": entry.code,
        "name": entry.name,
        "kind": kind,
        "site_id": _site_id(session, entry.site, row),
    }
    resource = put(session, row, models.Resource, columns)
    session.refresh(resource)
    return resource


def _is_resource(session: Session, code: str) -> bool:
    """Return whether a room, bay or member of staff has the code: they share them."""
    found = session.scalar(select(models.Resource.id).where(models.Resource.code == code))
    return found is not None


def _site_id(
    session: Session, code: str, row: models.Resource | models.PublicHoliday | None
) -> int:
    """Return the site's id; only what is there already may be of one that is out of use."""
    found = session.scalar(select(models.Site).where(models.Site.code == code))
    if found is None:
        raise FieldError("site", _("There is no site %(code)s.", code=code))
    if not found.active and (row is None or row.site_id != found.id):
        raise FieldError("site", _("The site %(code)s is out of use.", code=code))
    return found.id


def _check_site(resource: models.Resource, *, active: bool) -> None:
    """Refuse to use what stands in a site that is out of use."""
    if active and not resource.site.active:
        raise DomainError(
            _(
                "%(code)s is in %(site)s, which is out of use: bring that back first.",
                code=resource.code,
                site=resource.site.code,
            )
        )
