"""Tables of sites, resources, rooms, stations and their hours."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Sequence,
    String,
    UniqueConstraint,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.db import Base


class ResourceKind(StrEnum):
    """What can be reserved for a stretch of time."""

    ROOM = "room"
    PREPARATION_CHAIR = "preparation_chair"
    UPTAKE_BAY = "uptake_bay"
    RECOVERY_BAY = "recovery_bay"
    NURSE = "nurse"
    ANAESTHETIST = "anaesthetist"
    RADIOLOGIST = "radiologist"
    INTERVENTIONAL_TEAM = "interventional_team"


class Site(Base):
    """A place with its own time zone, the institution on its worklist entries.

    ``viewer_url`` opens a study in the site's image viewer: see ``catalogue.viewer``. Where
    reports are dictated into another system, ``reports_here`` is false. One that is not ``active``
    has no resource in use.
    """

    __tablename__ = "sites"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    department: Mapped[str] = mapped_column(String(64), default="Radiology")
    time_zone: Mapped[str] = mapped_column(String(64))
    viewer_url: Mapped[str] = mapped_column(String(300), default="", server_default="")
    reports_here: Mapped[bool] = mapped_column(default=True, server_default=true())
    active: Mapped[bool] = mapped_column(default=True, server_default=true())


class Resource(Base):
    """A room, bay, chair or member of staff that one exam at a time can have."""

    __tablename__ = "resources"
    __table_args__ = (Index("ix_resources_kind_site", "kind", "site_id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[ResourceKind]
    active: Mapped[bool] = mapped_column(default=True)

    site: Mapped[Site] = relationship()
    room: Mapped["Room | None"] = relationship(back_populates="resource")


class Room(Base):
    """What a resource of kind room has beside its hours: modalities, capabilities and limits.

    ``modalities`` are DICOM CS values; ``capabilities`` are words such as ``wide_bore`` that rules
    require; ``turnover_minutes`` follow each exam; ``dose_rank`` orders rooms by dose (1 lowest).
    """

    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(ForeignKey("resources.id"), primary_key=True)
    modalities: Mapped[list[str]] = mapped_column(ARRAY(String(16)))
    capabilities: Mapped[list[str]] = mapped_column(ARRAY(String(32)))
    table_limit_kg: Mapped[float | None]
    field_strength_tesla: Mapped[float | None]
    bore_cm: Mapped[int | None]
    slew_rate_t_m_s: Mapped[float | None]
    spatial_gradient_t_m: Mapped[float | None]
    turnover_minutes: Mapped[int] = mapped_column(default=0)
    dose_rank: Mapped[int] = mapped_column(default=1)
    display_order: Mapped[int] = mapped_column(default=0)

    resource: Mapped[Resource] = relationship(back_populates="room", lazy="joined")
    stations: Mapped[list["Station"]] = relationship(
        back_populates="room", order_by="Station.ae_title"
    )

    @property
    def code(self) -> str:
        """The resource's code, for example ``CT01``."""
        return self.resource.code

    @property
    def name(self) -> str:
        """The resource's name."""
        return self.resource.name


class Station(Base):
    """A DICOM application entity in a room: a scanner console that asks for its worklist."""

    __tablename__ = "stations"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"), index=True)
    ae_title: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(16))
    modality: Mapped[str] = mapped_column(String(16))
    character_set: Mapped[str] = mapped_column(String(32), default="ISO_IR 192")
    active: Mapped[bool] = mapped_column(default=True)

    room: Mapped[Room] = relationship(back_populates="stations")


class OpeningHours(Base):
    """Weekly hours of a resource in its site's zone.

    ``weekday`` is ISO (1 Monday .. 7 Sunday), or 0 for public holidays, on which no other line
    holds; ``closes`` at 00:00 means the end of that day.
    """

    __tablename__ = "opening_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 7", name="weekday"),
        CheckConstraint("closes = '00:00' OR closes > opens", name="closes_after_opening"),
        UniqueConstraint("resource_id", "weekday", "opens", "valid_from"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"), index=True)
    weekday: Mapped[int]
    opens: Mapped[time]
    closes: Mapped[time]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]


class Closure(Base):
    """A stretch of time in which a resource cannot be used, planned or sudden."""

    __tablename__ = "closures"
    __table_args__ = (
        Index("ix_closures_during", "resource_id", "during", postgresql_using="gist"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    reason: Mapped[str] = mapped_column(String(200))


class Block(Base):
    """Time in a room reserved for a purpose, open to all ``release_hours`` before it starts.

    ``purpose`` is a patient class (``E`` emergency, ``I`` inpatient), ``screening`` or, for a
    referrer, ``referrer:`` and the name as orders have it (DICOM PN).
    """

    __tablename__ = "blocks"
    __table_args__ = (
        ExcludeConstraint(("resource_id", "="), ("during", "&&"), name="ex_blocks_resource_during"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    purpose: Mapped[str] = mapped_column(String(64))
    release_hours: Mapped[int] = mapped_column(default=0)

    @property
    def opens_to_all_at(self) -> datetime | None:
        """From when on everybody may be booked in the time."""
        starts = self.during.lower
        return starts - timedelta(hours=self.release_hours) if starts else None


class WeeklyBlock(Base):
    """A block that comes back every week, in its site's wall-clock time; see `Block`."""

    __tablename__ = "weekly_blocks"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("ends = '00:00' OR ends > starts", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"), index=True)
    weekday: Mapped[int]
    starts: Mapped[time]
    ends: Mapped[time]
    purpose: Mapped[str] = mapped_column(String(64))
    release_hours: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]


class PublicHoliday(Base):
    """A day on which only the lines for public holidays of a site's opening hours hold."""

    __tablename__ = "public_holidays"
    __table_args__ = (UniqueConstraint("site_id", "day"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    day: Mapped[date]
    name: Mapped[str] = mapped_column(String(64))

    site: Mapped[Site] = relationship()


version_sequence = Sequence("catalogue_version_seq", metadata=Base.metadata)


class CatalogueVersion(Base):
    """One row, whose number triggers change with every change of what `scheduling.standing` keeps.

    The numbers come from a sequence: none ever stands for two states, whatever is rolled back.
    """

    __tablename__ = "catalogue_version"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
