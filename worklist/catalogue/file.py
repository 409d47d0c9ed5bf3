"""The catalogue's file: what a department writes down about its rooms and procedures.

TOML, checked strictly: an unknown key or a value out of range names the file, the place and what
is expected. ``load`` brings the database to what the file says.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from worklist import toml_file
from worklist.catalogue.models import ResourceKind
from worklist.catalogue.profile_file import ProfileEntry
from worklist.catalogue.report_templates import check_content
from worklist.catalogue.viewer import check_template
from worklist.errors import DomainError
from worklist.language.tags import language_of
from worklist.language.text import _
from worklist.vocabulary import Contrast, ContrastRoute

IONISING_MODALITIES = frozenset({"CR", "DX", "RF", "CT", "MG", "XA", "NM", "PT"})
_PELVIC_PARTS = frozenset({"ABDOMEN", "PELVIS", "LSPINE", "HIP", "KIDNEY", "UTERUS", "COLON"})


class CatalogueError(DomainError):
    """The catalogue file is wrong; the text says where and what is expected."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(_("expected an IANA time zone such as Europe/Vienna")) from error
    return name


def _closing(value: object) -> object:
    """Take 24:00 as the end of the day."""
    return "00:00" if value == "24:00" else value


Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+-]{1,16}$")]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Modality = Annotated[str, Field(pattern=r"^[A-Z]{2,16}$")]
BodyPart = Annotated[str, Field(pattern=r"^[A-Z0-9 ]{1,16}$")]
Words = tuple[Annotated[str, Field(min_length=1, max_length=64)], ...]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HoursLine(_Entry):
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


class SiteEntry(_Entry):
    """A site."""

    code: Code
    name: Name
    department: Annotated[str, Field(max_length=64)] = "Radiology"
    time_zone: Annotated[str, AfterValidator(_zone)]
    viewer_url: Annotated[str, Field(max_length=300), AfterValidator(check_template)] = ""
    reports_here: bool = True


class StationFields(_Entry):
    """A DICOM application entity."""

    ae_title: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,16}$")]
    modality: Modality
    name: Annotated[str, Field(max_length=16)] = ""
    character_set: Annotated[str, Field(max_length=32)] = "ISO_IR 192"


class StationEntry(StationFields):
    """A station in a room, with the name of its profile."""

    profile: str | None = None


class ImageManagerEntry(_Entry):
    """A DICOM application entity that keeps images."""

    ae_title: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,16}$")]
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65535)]
    forward_performed_steps: bool = True
    forward_availability: bool = False


class ResourceFields(_Entry):
    """A bay, a chair or a member of staff."""

    code: Code
    name: Name
    kind: ResourceKind
    site: Code


class ResourceEntry(ResourceFields):
    """A resource that is not a room, with its hours."""

    hours: str


class RoomFields(_Entry):
    """A room; weights in kg, times in minutes."""

    code: Code
    name: Name
    site: Code
    modalities: Annotated[Words, Field(min_length=1)]
    capabilities: Words = ()
    table_limit_kg: Annotated[float, Field(gt=0)] | None = None
    field_strength_tesla: Annotated[float, Field(gt=0)] | None = None
    bore_cm: Annotated[int, Field(gt=0)] | None = None
    turnover_minutes: Annotated[int, Field(ge=0)] = 0
    dose_rank: Annotated[int, Field(ge=1)] = 1


class RoomEntry(RoomFields):
    """A room with its hours and stations."""

    hours: str
    stations: tuple[StationEntry, ...] = ()


class ClosureEntry(_Entry):
    """A stretch in which a resource is closed; times with an offset."""

    resource: Code
    starts: datetime
    ends: datetime
    reason: str


class BlockEntry(_Entry):
    """A stretch reserved for a purpose, open to all some hours before."""

    resource: Code
    starts: datetime
    ends: datetime
    purpose: str
    release_hours: Annotated[int, Field(ge=0)] = 0


class WeeklyBlockEntry(_Entry):
    """A block on some weekdays, in the site's wall-clock time."""

    resource: Code
    days: tuple[Annotated[int, Field(ge=1, le=7)], ...]
    starts: time
    ends: Annotated[time, BeforeValidator(_closing)]
    purpose: Annotated[str, Field(max_length=64)]
    release_hours: Annotated[int, Field(ge=0)] = 0
    valid_from: date | None = None
    valid_until: date | None = None


class HolidayEntry(_Entry):
    """A public holiday of a site."""

    site: Code
    day: date
    name: Name


class PhaseEntry(_Entry):
    """A phase beside the room: minutes from entering the room, and for how long."""

    name: Annotated[str, Field(min_length=1, max_length=32)]
    kind: ResourceKind
    offset: int
    minutes: Annotated[int, Field(gt=0)]
    patient_present: bool = True


class ProcedureFields(_Entry):
    """A procedure; what is left out follows from its modality and body part."""

    code: Code
    coding_scheme: Code = "C4"
    name: Name
    synonyms: Words = ()
    modality: Modality
    body_part: BodyPart
    contrast: Contrast = Contrast.NONE
    route: ContrastRoute = ContrastRoute.NONE
    minutes: Annotated[int, Field(gt=0, le=24 * 60)]
    turnover_minutes: Annotated[int, Field(ge=0)] = 0
    dose_msv: Annotated[float, Field(ge=0)] = 0.0
    ionising: bool | None = None
    irradiates_pelvis: bool | None = None
    screening: bool = False
    radiopharmaceutical: str | None = None
    sedation: bool = False
    power_injection: bool = False
    first_pass_renal: bool = False
    bleeding_risk: Literal["low", "high"] | None = None
    requires: Words = ()
    reading_group: Annotated[str, Field(max_length=32)] = "general"
    phases: tuple[PhaseEntry, ...] = ()

    @property
    def uses_radiation(self) -> bool:
        """Whether the patient is irradiated: as written, else by modality."""
        return self.modality in IONISING_MODALITIES if self.ionising is None else self.ionising

    @property
    def beam_meets_pelvis(self) -> bool:
        """Whether abdomen or pelvis is irradiated: as written, else by part and tracer."""
        if self.irradiates_pelvis is not None:
            return self.irradiates_pelvis
        everywhere = self.modality in {"NM", "PT"}
        return self.uses_radiation and (everywhere or self.body_part in _PELVIC_PARTS)

    @property
    def risk_of_bleeding(self) -> str | None:
        """How much an intervention may bleed: as written, else high; None of other exams."""
        intervention = self.modality == "XA" or "biopsy" in self.requires
        return self.bleeding_risk or ("high" if intervention else None)


def _language_code(value: str) -> str:
    if language_of(value) != value:
        raise ValueError(_("expected the ISO 639 code of a language such as de"))
    return value


LanguageCode = Annotated[str, AfterValidator(_language_code)]


class ProcedureEntry(ProcedureFields):
    """A procedure with the names of the texts that make up its preparation."""

    preparation: Words = ()


class ReportTemplateEntry(_Entry):
    """A template as a catalogue file has it."""

    code: Code
    name: Name
    procedures: tuple[str, ...] = ()
    modality: Modality | None = None
    body_part: BodyPart | None = None
    content: Annotated[str, Field(min_length=1), AfterValidator(check_content)]


class CatalogueFile(_Entry):
    """A whole file; each part may be left to another file."""

    sites: tuple[SiteEntry, ...] = ()
    hours: dict[str, tuple[HoursLine, ...]] = {}
    station_profiles: dict[str, ProfileEntry] = {}
    image_managers: tuple[ImageManagerEntry, ...] = ()
    rooms: tuple[RoomEntry, ...] = ()
    resources: tuple[ResourceEntry, ...] = ()
    closures: tuple[ClosureEntry, ...] = ()
    blocks: tuple[BlockEntry, ...] = ()
    weekly_blocks: tuple[WeeklyBlockEntry, ...] = ()
    holidays: tuple[HolidayEntry, ...] = ()
    preparations: dict[str, str] = {}
    preparation_translations: dict[LanguageCode, dict[str, str]] = {}
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
        for part in (self.rooms, self.resources, self.procedures, self.report_templates):
            toml_file.require_each_once("code", [one.code for one in part])
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
