"""Bring the database to what a catalogue file says, as often as one likes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.catalogue import file
from worklist.catalogue.changes import Changes, site_id, upsert
from worklist.catalogue.file import CatalogueFile
from worklist.catalogue.image_managers import ImageManager
from worklist.catalogue.load_calendar import load_calendar
from worklist.catalogue.models import (
    OpeningHours,
    Resource,
    ResourceKind,
    Room,
    Site,
    Station,
)
from worklist.catalogue.procedures import Procedure, ProcedurePhase
from worklist.catalogue.profile_file import ProfileEntry
from worklist.catalogue.profiles import StationProfile
from worklist.catalogue.report_templates import ReportTemplate

_HOURS_FIELDS = ("weekday", "opens", "closes", "valid_from", "valid_until")


def load_file(session: Session, path: Path, *, actor: str, now: datetime) -> Changes:
    """Apply a catalogue file; loading it again changes nothing.

    Rows are matched by code. A room, resource or procedure that the file's part no longer has is
    taken out of use, never deleted: exams refer to it.

    Raises:
        CatalogueError: the file is wrong; nothing is changed.
    """
    content = file.read(path)
    changes = Changes()
    sites = _load_sites(session, content, changes)
    _load_rooms(session, content, sites, changes)
    _load_image_managers(session, content, changes)
    _load_resources(session, content, sites, changes)
    load_calendar(session, content, sites, changes)
    _load_procedures(session, content, changes)
    _load_report_templates(session, content, changes)
    session.flush()
    if changes:
        audit.record(
            session,
            "catalogue.loaded",
            actor=actor,
            now=now,
            file=path.name,
            changes=str(changes),
        )
    return changes


def _retire(rows: Iterable[Any], kept: set[str], changes: Changes) -> None:
    for row in rows:
        if row.active and row.code not in kept:
            row.active = False
            changes.count("retired", row.__tablename__)


def _load_sites(session: Session, content: CatalogueFile, changes: Changes) -> dict[str, int]:
    known = {site.code: site for site in session.scalars(select(Site))}
    for entry in content.sites:
        fields = entry.model_dump()
        upsert(session, known.get(entry.code), Site(**fields), fields, changes)
    session.flush()
    return {site.code: site.id for site in session.scalars(select(Site))}


def _load_resource(
    session: Session,
    content: CatalogueFile,
    entry: file.RoomEntry | file.ResourceEntry,
    *,
    kind: ResourceKind,
    sites: Mapping[str, int],
    changes: Changes,
) -> Resource:
    fields = {
        "code": entry.code,
        "name": entry.name,
        "kind": kind,
        "site_id": site_id(sites, entry.site, entry.code),
        "active": True,
    }
    row = session.scalar(select(Resource).where(Resource.code == entry.code))
    new = Resource(**fields)
    upsert(session, row, new, fields, changes)
    session.flush()
    resource = row or new
    _load_hours(session, resource, content.hours[entry.hours], changes)
    return resource


def _load_hours(
    session: Session, resource: Resource, lines: Iterable[file.HoursLine], changes: Changes
) -> None:
    wanted = {
        (day, line.opens, line.closes, line.valid_from, line.valid_until)
        for line in lines
        for day in line.days
    }
    rows = session.scalars(select(OpeningHours).where(OpeningHours.resource_id == resource.id))
    known = {tuple(getattr(row, name) for name in _HOURS_FIELDS): row for row in rows}
    if set(known) == wanted:
        return
    for values in set(known) - wanted:
        session.delete(known[values])
    session.flush()
    for values in wanted - set(known):
        fields = dict(zip(_HOURS_FIELDS, values, strict=True))
        session.add(OpeningHours(resource_id=resource.id, **fields))
    changes.count("changed", OpeningHours.__tablename__)


def _load_rooms(
    session: Session, content: CatalogueFile, sites: Mapping[str, int], changes: Changes
) -> None:
    if not content.rooms:
        return
    for position, entry in enumerate(content.rooms):
        resource = _load_resource(
            session, content, entry, kind=ResourceKind.ROOM, sites=sites, changes=changes
        )
        fields = {
            "modalities": list(entry.modalities),
            "capabilities": list(entry.capabilities),
            "table_limit_kg": entry.table_limit_kg,
            "field_strength_tesla": entry.field_strength_tesla,
            "bore_cm": entry.bore_cm,
            "turnover_minutes": entry.turnover_minutes,
            "dose_rank": entry.dose_rank,
            "display_order": position,
        }
        row = session.get(Room, resource.id)
        upsert(session, row, Room(id=resource.id, **fields), fields, changes)
        session.flush()
        _load_stations(session, resource.id, entry.stations, content.station_profiles, changes)
    rooms = session.scalars(select(Resource).where(Resource.kind == ResourceKind.ROOM))
    _retire(rooms, {entry.code for entry in content.rooms}, changes)


def _load_stations(
    session: Session,
    room_id: int,
    entries: Iterable[file.StationEntry],
    profiles: Mapping[str, ProfileEntry],
    changes: Changes,
) -> None:
    titles = set()
    for entry in entries:
        titles.add(entry.ae_title)
        fields = {
            "room_id": room_id,
            "ae_title": entry.ae_title,
            "name": (entry.name or entry.ae_title)[:16],
            "modality": entry.modality,
            "character_set": entry.character_set,
            "active": True,
        }
        row = session.scalar(select(Station).where(Station.ae_title == entry.ae_title))
        new = Station(**fields)
        upsert(session, row, new, fields, changes)
        session.flush()
        if entry.profile is not None:
            _load_profile(session, (row or new).id, profiles[entry.profile], changes)
    for station in session.scalars(select(Station).where(Station.room_id == room_id)):
        if station.active and station.ae_title not in titles:
            station.active = False
            changes.count("retired", Station.__tablename__)


def _load_profile(session: Session, station_id: int, entry: ProfileEntry, changes: Changes) -> None:
    fields = entry.fields()
    row = session.get(StationProfile, station_id)
    upsert(session, row, StationProfile(station_id=station_id, **fields), fields, changes)


def _load_image_managers(session: Session, content: CatalogueFile, changes: Changes) -> None:
    known = {row.ae_title: row for row in session.scalars(select(ImageManager))}
    for entry in content.image_managers:
        fields = entry.model_dump() | {"active": True}
        upsert(session, known.pop(entry.ae_title, None), ImageManager(**fields), fields, changes)
    for row in known.values() if content.image_managers else ():
        if row.active:
            row.active = False
            changes.count("retired", ImageManager.__tablename__)


def _load_resources(
    session: Session, content: CatalogueFile, sites: Mapping[str, int], changes: Changes
) -> None:
    if not content.resources:
        return
    for entry in content.resources:
        _load_resource(session, content, entry, kind=entry.kind, sites=sites, changes=changes)
    others = session.scalars(select(Resource).where(Resource.kind != ResourceKind.ROOM))
    _retire(others, {entry.code for entry in content.resources}, changes)


def _load_procedures(session: Session, content: CatalogueFile, changes: Changes) -> None:
    if not content.procedures:
        return
    known = {row.code: row for row in session.scalars(select(Procedure))}
    for entry in content.procedures:
        fields = procedure_fields(entry, content.preparations)
        new = Procedure(**fields)
        row = known.get(entry.code)
        upsert(session, row, new, fields, changes)
        session.flush()
        load_phases(session, row or new, entry.phases, changes)
    _retire(known.values(), {entry.code for entry in content.procedures}, changes)


def procedure_fields(entry: file.ProcedureEntry, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the columns of a procedure as the file's entry has them."""
    preparation = " ".join(texts[name] for name in entry.preparation)
    return procedure_columns(entry) | {"preparation": preparation, "active": True}


def procedure_columns(entry: file.ProcedureFields) -> dict[str, Any]:
    """Return the columns of a procedure but for its preparation."""
    return {
        "code": entry.code,
        "coding_scheme": entry.coding_scheme,
        "name": entry.name,
        "synonyms": list(entry.synonyms),
        "modality": entry.modality,
        "body_part": entry.body_part,
        "contrast": entry.contrast,
        "contrast_route": entry.route,
        "duration_minutes": entry.minutes,
        "turnover_minutes": entry.turnover_minutes,
        "dose_msv": entry.dose_msv,
        "ionising": entry.uses_radiation,
        "irradiates_pelvis": entry.beam_meets_pelvis,
        "screening": entry.screening,
        "radiopharmaceutical": entry.radiopharmaceutical,
        "needs_sedation": entry.sedation,
        "power_injection": entry.power_injection,
        "first_pass_renal": entry.first_pass_renal,
        "bleeding_risk": entry.risk_of_bleeding,
        "required_capabilities": list(entry.requires),
        "reading_group": entry.reading_group,
    }


def load_phases(
    session: Session,
    procedure: Procedure,
    entries: Iterable[file.PhaseEntry],
    changes: Changes,
) -> None:
    """Give a procedure the phases of its entry."""

    def values(phase: ProcedurePhase) -> tuple[Any, ...]:
        return (
            phase.name,
            phase.resource_kind,
            phase.offset_minutes,
            phase.duration_minutes,
            phase.patient_present,
        )

    wanted = {
        (entry.name, entry.kind, entry.offset, entry.minutes, entry.patient_present)
        for entry in entries
    }
    if {values(phase) for phase in procedure.phases} == wanted:
        return
    procedure.phases.clear()
    session.flush()
    procedure.phases.extend(
        ProcedurePhase(
            name=name,
            resource_kind=kind,
            offset_minutes=offset,
            duration_minutes=minutes,
            patient_present=present,
        )
        for name, kind, offset, minutes, present in sorted(wanted)
    )
    changes.count("changed", ProcedurePhase.__tablename__)


def _load_report_templates(session: Session, content: CatalogueFile, changes: Changes) -> None:
    if not content.report_templates:
        return
    known = {row.code: row for row in session.scalars(select(ReportTemplate))}
    for entry in content.report_templates:
        fields = entry.model_dump() | {"procedures": list(entry.procedures), "active": True}
        upsert(session, known.get(entry.code), ReportTemplate(**fields), fields, changes)
    _retire(known.values(), {entry.code for entry in content.report_templates}, changes)
