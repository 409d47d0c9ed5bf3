"""The catalogue's file: what a department writes down about its rooms and procedures.

TOML, checked strictly: an unknown key or a value out of range names the file, the place and what
is expected. ``load`` brings the database to what the file says.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    model_validator,
)

from worklist import toml_file
from worklist.catalogue.entry import BodyPart, Code, Entry, Modality, Name, Words
from worklist.catalogue.models import ResourceKind
from worklist.catalogue.procedure_file import ProcedureEntry
from worklist.catalogue.profile_file import ProfileEntry
from worklist.catalogue.report_templates import check_content
from worklist.catalogue.viewer import check_template
from worklist.errors import DomainError
from worklist.language.tags import language_of
from worklist.language.text import _


class CatalogueError(DomainError):
    """The catalogue file is wrong; the text says where and what is expected."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(_("expected an IANA time zone such as Europe/Vienna")) from error
    return name


def _closing(value: object) -> object:
    """Take 24:00 as the end of the day."""
    return "00:00" if value == "24:00" else value


class HoursLine(Entry):
    """Opening on weekdays (1 Monday .. 7 Sunday, 0 public holidays), in the site's wall time."""

    days: tuple[Annotated[int, Field(ge=0, le=7)], ...]
    opens: time
    closes: Annotated[time, BeforeValidator(_closing)]
    valid_from: date | None = None
    valid_until: date | None = None

    @model_validator(mode="after")
    def _opens_before_closing(self) -> "HoursLine":
        if self.closes != time(0) and self.closes <= self.opens:
            raise ValueError(_("expected closes to be later than opens, or 24:00"))
        return self


class SiteEntry(Entry):
    """A site."""

    code: Code
    name: Name
    department: Annotated[str, Field(max_length=64)] = "Radiology"
    time_zone: Annotated[str, AfterValidator(_zone)]
    viewer_url: Annotated[str, Field(max_length=300), AfterValidator(check_template)] = ""
    reports_here: bool = True


class StationFields(Entry):
    """A DICOM application entity."""

    ae_title: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,16}$")]
    modality: Modality
    name: Annotated[str, Field(max_length=16)] = ""
    character_set: Annotated[str, Field(max_length=32)] = "ISO_IR 192"


class StationEntry(StationFields):
    """A station in a room, with the name of its profile."""

    profile: str | None = None


class ImageManagerEntry(Entry):
    """A DICOM application entity that keeps images."""

    ae_title: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,16}$")]
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65535)]
    forward_performed_steps: bool = True
    forward_availability: bool = False


class ResourceFields(Entry):
    """A bay, a chair or a member of staff."""

    code: Code
    name: Name
    kind: ResourceKind
    site: Code


class ResourceEntry(ResourceFields):
    """A resource that is not a room, with its hours."""

    hours: str


class RoomFields(Entry):
    """A room; weights in kg, times in minutes."""

    code: Code
    name: Name
    site: Code
    modalities: Annotated[Words, Field(min_length=1)]
    capabilities: Words = ()
    table_limit_kg: Annotated[float, Field(gt=0)] | None = None
    field_strength_tesla: Annotated[float, Field(gt=0)] | None = None
    bore_cm: Annotated[int, Field(gt=0)] | None = None
    slew_rate_t_m_s: Annotated[float, Field(gt=0)] | None = None
    spatial_gradient_t_m: Annotated[float, Field(gt=0)] | None = None
    turnover_minutes: Annotated[int, Field(ge=0)] = 0
    dose_rank: Annotated[int, Field(ge=1)] = 1

    def columns(self) -> dict[str, Any]:
        """Return the columns of the room, without those of its resource, hours and stations."""
        own = self.model_dump(exclude={"code", "name", "site", "hours", "stations"})
        lists = {"modalities": list(self.modalities), "capabilities": list(self.capabilities)}
        return own | lists


class RoomEntry(RoomFields):
    """A room with its hours and stations."""

    hours: str
    stations: tuple[StationEntry, ...] = ()


class ClosureEntry(Entry):
    """A stretch in which a resource is closed; times with an offset."""

    resource: Code
    starts: datetime
    ends: datetime
    reason: str


class BlockEntry(Entry):
    """A stretch reserved for a purpose, open to all some hours before."""

    resource: Code
    starts: datetime
    ends: datetime
    purpose: str
    release_hours: Annotated[int, Field(ge=0)] = 0


class WeeklyBlockEntry(Entry):
    """A block on some weekdays, in the site's wall-clock time."""

    resource: Code
    days: tuple[Annotated[int, Field(ge=1, le=7)], ...]
    starts: time
    ends: Annotated[time, BeforeValidator(_closing)]
    purpose: Annotated[str, Field(max_length=64)]
    release_hours: Annotated[int, Field(ge=0)] = 0
    valid_from: date | None = None
    valid_until: date | None = None


class HolidayEntry(Entry):
    """A public holiday of a site."""

    site: Code
    day: date
    name: Name


def _language_code(value: str) -> str:
    if language_of(value) != value:
        raise ValueError(_("expected the ISO 639 code of a language such as de"))
    return value


LanguageCode = Annotated[str, AfterValidator(_language_code)]


class ReportTemplateEntry(Entry):
    """A template as a catalogue file has it."""

    code: Code
    name: Name
    procedures: tuple[str, ...] = ()
    modality: Modality | None = None
    body_part: BodyPart | None = None
    content: Annotated[str, Field(min_length=1), AfterValidator(check_content)]


class CatalogueFile(Entry):
    """A whole file; each part may be left to another file."""

    sites: tuple[SiteEntry, ...] = ()
    hours: dict[str, tuple[HoursLine, ...]] = Field(default_factory=dict)
    station_profiles: dict[str, ProfileEntry] = Field(default_factory=dict)
    image_managers: tuple[ImageManagerEntry, ...] = ()
    rooms: tuple[RoomEntry, ...] = ()
    resources: tuple[ResourceEntry, ...] = ()
    closures: tuple[ClosureEntry, ...] = ()
    blocks: tuple[BlockEntry, ...] = ()
    weekly_blocks: tuple[WeeklyBlockEntry, ...] = ()
    holidays: tuple[HolidayEntry, ...] = ()
    preparations: dict[str, str] = Field(default_factory=dict)
    preparation_translations: dict[LanguageCode, dict[str, str]] = Field(default_factory=dict)
    procedures: tuple[ProcedureEntry, ...] = ()
    report_templates: tuple[ReportTemplateEntry, ...] = ()

    @model_validator(mode="after")
    def _names_are_known(self) -> "CatalogueFile":
        for owners in (self.rooms, self.resources):
            _require_known("hours", [one.hours for one in owners], self.hours)
        stations = [one for room in self.rooms for one in room.stations]
        profiles = [one.profile for one in stations if one.profile is not None]
        _require_known("station_profiles", profiles, self.station_profiles)
        used = [name for one in self.procedures for name in one.preparation]
        _require_known("preparations", used, self.preparations)
        for translated in self.preparation_translations.values():
            _require_known("preparations", translated, self.preparations)
        # Rooms, bays and staff share one list of codes: each is something that is reserved.
        resources: tuple[RoomEntry | ResourceEntry, ...] = (*self.rooms, *self.resources)
        toml_file.require_each_once("code", [one.code for one in self.sites])
        toml_file.require_each_once("code", [one.code for one in resources])
        toml_file.require_each_once("code", [one.code for one in self.procedures])
        toml_file.require_each_once("code", [one.code for one in self.report_templates])
        toml_file.require_each_once("ae_title", [one.ae_title for one in stations])
        toml_file.require_each_once("ae_title", [one.ae_title for one in self.image_managers])
        days = [f"holiday {one.day} of {one.site}" for one in self.holidays]
        toml_file.require_each_once("holiday", days)
        return self


def _require_known(part: str, used: Iterable[str], known: Iterable[str]) -> None:
    unknown = sorted(set(used) - set(known))
    if unknown:
        raise ValueError(
            _(
                "expected [%(part)s] to have %(unknown)s, which is used",
                part=part,
                unknown=", ".join(unknown),
            )
        )


def read(path: Path) -> CatalogueFile:
    """Read and check a catalogue file.

    Raises:
        CatalogueError: it cannot be read, is not TOML, or a value is not what is expected.
    """
    return toml_file.read_as(path, CatalogueFile, CatalogueError, "the whole file")
