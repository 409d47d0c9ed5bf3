"""The kinds of things in the catalogue: how each is found, told as values, and written."""

from abc import ABC, abstractmethod
from datetime import date
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import Select, SQLColumnExpression, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload
from typing_extensions import override

from worklist.catalogue import models
from worklist.catalogue.editing import entries
from worklist.catalogue.editing.errors import FieldError
from worklist.catalogue.image_managers import ImageManager
from worklist.catalogue.procedure_entry import load_phases, procedure_columns
from worklist.catalogue.procedures import Procedure
from worklist.catalogue.report_templates import ReportTemplate
from worklist.errors import DomainError
from worklist.language.text import _

Row = TypeVar("Row", bound=Any)
Entry = TypeVar("Entry", bound=BaseModel)
Values = dict[str, Any]


class Kind(ABC, Generic[Row, Entry]):
    """One kind; ``key`` is the column by which its things are known, also in the history."""

    can_be_deleted = False

    def __init__(self, name: str, entry: type[Entry], key: InstrumentedAttribute[Any]) -> None:
        self.name, self.entry, self.key = name, entry, key

    @abstractmethod
    def select(self) -> Select[Any]:
        """Return the statement of all rows of the kind."""

    @abstractmethod
    def values(self, row: Row) -> Values:
        """Return what the entry of a row says, as JSON holds it."""

    @abstractmethod
    def write(self, session: Session, row: Row | None, entry: Entry) -> Row:
        """Bring a row, or a new one, to what the entry says."""

    def code(self, row: Row) -> str:
        """Return what the row is known by."""
        return str(getattr(row, self.key.key))

    def is_taken(self, session: Session, entry: Entry) -> bool:
        """Tell whether another thing is known by what the entry would be."""
        return self.find(session, str(getattr(entry, self.key.key))) is not None

    @property
    def order(self) -> tuple[InstrumentedAttribute[Any], ...]:
        """The columns that order a list of the kind."""
        return (self.key,)

    @property
    def searched(self) -> tuple[SQLColumnExpression[Any], ...]:
        """What a text is looked for in."""
        return (self.key, self.key.class_.name)

    def find(self, session: Session, code: str) -> Row | None:
        """Return the row known by ``code``, locked for a change."""
        found: Row | None = session.scalar(
            self.select().where(self.key == code).with_for_update(of=self.key.class_)
        )
        return found

    def is_active(self, row: Row) -> bool | None:
        """Tell whether it is in use; None where that cannot be chosen."""
        return getattr(row, "active", None)

    def set_active(self, row: Row, *, active: bool) -> None:
        """Take it out of use or back."""
        row.active = active

    def check_use(self, session: Session, row: Row, *, active: bool) -> None:
        """Refuse, with `DomainError`, a use that what refers to it does not allow."""


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
        return _put(session, row, models.Site, entry.model_dump())

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
        own = entry.model_dump(exclude={"code", "name", "site"})
        own["modalities"], own["capabilities"] = list(entry.modalities), list(entry.capabilities)
        room = _put(session, row, models.Room, own | {"id": resource.id})
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
        station = _put(session, row, models.Station, own | {"room_id": room_id})
        session.refresh(station)
        return station


class ImageManagers(Kind[ImageManager, entries.ImageManager]):
    """DICOM application entities that are told of performed steps, and tell of images."""

    @override
    def select(self) -> Select[Any]:
        return select(ImageManager)

    @override
    def values(self, row: ImageManager) -> Values:
        return {name: getattr(row, name) for name in entries.ImageManager.model_fields}

    @override
    def write(
        self, session: Session, row: ImageManager | None, entry: entries.ImageManager
    ) -> ImageManager:
        return _put(session, row, ImageManager, entry.model_dump())

    @property
    @override
    def searched(self) -> tuple[SQLColumnExpression[Any], ...]:
        return (ImageManager.ae_title, ImageManager.host)


class Procedures(Kind[Procedure, entries.Procedure]):
    """Procedures with their phases."""

    @override
    def select(self) -> Select[Any]:
        return select(Procedure).options(selectinload(Procedure.phases))

    @override
    def values(self, row: Procedure) -> Values:
        same = ("code", "coding_scheme", "name", "synonyms", "modality", "body_part")
        return {name: getattr(row, name) for name in same} | {
            "contrast": str(row.contrast),
            "route": str(row.contrast_route),
            "minutes": row.duration_minutes,
            "turnover_minutes": row.turnover_minutes,
            "dose_msv": row.dose_msv,
            "ionising": row.ionising,
            "irradiates_pelvis": row.irradiates_pelvis,
            "screening": row.screening,
            "radiopharmaceutical": row.radiopharmaceutical,
            "sedation": row.needs_sedation,
            "power_injection": row.power_injection,
            "first_pass_renal": row.first_pass_renal,
            "bleeding_risk": row.bleeding_risk,
            "requires": row.required_capabilities,
            "preparation": row.preparation,
            "preparation_translations": "\n".join(
                f"{code}: {text}" for code, text in sorted(row.preparation_translations.items())
            ),
            "reading_group": row.reading_group,
            "phases": [
                {
                    "name": phase.name,
                    "kind": str(phase.resource_kind),
                    "offset": phase.offset_minutes,
                    "minutes": phase.duration_minutes,
                    "patient_present": phase.patient_present,
                }
                for phase in row.phases
            ],
        }

    @override
    def write(self, session: Session, row: Procedure | None, entry: entries.Procedure) -> Procedure:
        names = [phase.name for phase in entry.phases]
        if len(set(names)) < len(names):
            raise FieldError("phases", _("Give each phase a name of its own."))
        columns = procedure_columns(entry) | {
            "preparation": entry.preparation,
            "preparation_translations": entry.preparation_translations,
        }
        procedure = _put(session, row, Procedure, columns)
        load_phases(session, procedure, entry.phases)
        session.flush()
        session.refresh(procedure)
        return procedure

    @property
    @override
    def searched(self) -> tuple[SQLColumnExpression[Any], ...]:
        return (*super().searched, func.array_to_string(Procedure.synonyms, " "))


class ReportTemplates(Kind[ReportTemplate, entries.ReportTemplate]):
    """Texts with which reports begin."""

    @override
    def select(self) -> Select[Any]:
        return select(ReportTemplate)

    @override
    def values(self, row: ReportTemplate) -> Values:
        return {name: getattr(row, name) for name in entries.ReportTemplate.model_fields}

    @override
    def write(
        self, session: Session, row: ReportTemplate | None, entry: entries.ReportTemplate
    ) -> ReportTemplate:
        columns = entry.model_dump() | {"procedures": list(entry.procedures)}
        return _put(session, row, ReportTemplate, columns)


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
        holiday = _put(session, row, models.PublicHoliday, fields)
        session.refresh(holiday)
        return holiday


KINDS: dict[str, Kind[Any, Any]] = {
    kind.name: kind
    for kind in (
        Sites("site", entries.Site, models.Site.code),
        Rooms("room", entries.Room, models.Resource.code),
        Resources("resource", entries.Resource, models.Resource.code),
        Stations("station", entries.Station, models.Station.ae_title),
        ImageManagers("image_manager", entries.ImageManager, ImageManager.ae_title),
        Procedures("procedure", entries.Procedure, Procedure.code),
        ReportTemplates("report_template", entries.ReportTemplate, ReportTemplate.code),
        Holidays("holiday", entries.Holiday, models.PublicHoliday.day),
    )
}


def _put(session: Session, row: Row | None, table: type[Row], columns: Values) -> Row:
    """Bring the row, or a new one of the table, to these columns."""
    written: Row = table() if row is None else row
    for name, value in columns.items():
        setattr(written, name, value)
    session.add(written)
    session.flush()
    return written


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
    resource = _put(session, row, models.Resource, columns)
    session.refresh(resource)
    return resource


def _is_resource(session: Session, code: str) -> bool:
    """Tell whether a room, bay or member of staff has the code: they share them."""
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
