"""Bring the database to what a catalogue file says, as often as one likes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.audit.changes import changed_by_people
from worklist.catalogue import file
from worklist.catalogue.changes import Changes, site_id, upsert
from worklist.catalogue.editing.differences import keep_differences, snapshot
from worklist.catalogue.file import CatalogueError, CatalogueFile
from worklist.catalogue.hours import FIELDS, lines_of
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
from worklist.catalogue.procedure_entry import load_phases, procedure_fields, translated_preparation
from worklist.catalogue.procedures import Procedure, ProcedurePhase
from worklist.catalogue.profile_file import ProfileEntry
from worklist.catalogue.profiles import StationProfile
from worklist.catalogue.report_templates import ReportTemplate


def load_file(
    session: Session, path: Path, *, actor: str, now: datetime, overwrite: bool = False
) -> Changes:
    """Apply a catalogue file; loading it again changes nothing.

    Rows are matched by code. A room, resource or procedure that the file's part no longer has is
    taken out of use, never deleted: exams refer to it. What a person changed last, on a page, is
    kept as it is unless the load may ``overwrite`` it. Every difference is kept in the history.

    Raises:
        CatalogueError: the file is wrong; nothing is changed.
    """
    content = file.read(path)
    changes = Changes(theirs=set() if overwrite else changed_by_people(session).keys())
    before = snapshot(session)
    sites = _load_sites(session, content, changes)
    _load_rooms(session, content, sites, changes)
    _load_image_managers(session, content, changes)
    _load_resources(session, content, sites, changes)
    load_calendar(session, content, sites, changes)
    _load_procedures(session, content, changes)
    _load_report_templates(session, content, changes)
    session.flush()
    if changes:
        keep_differences(session, before, actor=actor, now=now)
        audit.record(
            session,
            "catalogue.loaded",
            actor=actor,
            now=now,
            file=path.name,
            changes=str(changes),
        )
    return changes


def _retire(rows: Iterable[Any], kind: str, kept: set[str], changes: Changes) -> None:
    for row in rows:
        if row.active and row.code not in kept and not changes.keep(kind, row.code):
            row.active = False
            changes.retire(kind, row.code, row.__tablename__)


def _load_sites(session: Session, content: CatalogueFile, changes: Changes) -> dict[str, int]:
    known = {site.code: site for site in session.scalars(select(Site))}
    for entry in content.sites:
        if changes.keep("site", entry.code):
            continue
        fields = entry.model_dump() | {"active": True}
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
    row = session.scalar(select(Resource).where(Resource.code == entry.code))
    if row is not None and (row.kind is ResourceKind.ROOM) is not (kind is ResourceKind.ROOM):
        raise CatalogueError(
            f"{entry.code}: is the code of a {row.kind} already: give it another one."
        )
    fields = {
        "code": entry.code,
        "name": entry.name,
        "kind": kind,
        "site_id": site_id(sites, entry.site, entry.code),
        "active": True,
    }
    if row is None or not changes.keep(
        "room" if kind is ResourceKind.ROOM else "resource", row.code
    ):
        _require_in_use(session, entry)
        new = Resource(**fields)
        upsert(session, row, new, fields, changes)
        session.flush()
        row = row or new
    if not changes.keep("hours", entry.code):
        _load_hours(session, row, content.hours[entry.hours], changes)
    return row


def _require_in_use(session: Session, entry: file.RoomEntry | file.ResourceEntry) -> None:
    """Refuse to take up what stands in a site that people took out of use."""
    if session.scalar(select(Site.active).where(Site.code == entry.site)):
        return
    raise CatalogueError(
        f"{entry.code}: its site {entry.site} was taken out of use on a page: take it up again "
        f"there, leave {entry.code} out of the file, or load the file with --overwrite."
    )


def _load_hours(
    session: Session, resource: Resource, lines: Iterable[file.HoursLine], changes: Changes
) -> None:
    wanted = {
        (day, line.opens, line.closes, line.valid_from, line.valid_until)
        for line in lines
        for day in line.days
    }
    rows = lines_of(session, resource.id)
    known = {tuple(getattr(row, name) for name in FIELDS): row for row in rows}
    if set(known) == wanted:
        return
    for values in set(known) - wanted:
        session.delete(known[values])
    session.flush()
    for values in wanted - set(known):
        fields = dict(zip(FIELDS, values, strict=True))
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
        fields = entry.columns() | {"display_order": position}
        row = session.get(Room, resource.id)
        if row is None or not changes.is_theirs("room", entry.code):
            upsert(session, row, Room(id=resource.id, **fields), fields, changes)
        session.flush()
        _load_stations(session, resource.id, entry.stations, content.station_profiles, changes)
    rooms = session.scalars(select(Resource).where(Resource.kind == ResourceKind.ROOM))
    _retire(rooms, "room", {entry.code for entry in content.rooms}, changes)


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
        if row is None or not changes.keep("station", entry.ae_title):
            new = Station(**fields)
            upsert(session, row, new, fields, changes)
            session.flush()
            row = row or new
        if entry.profile is not None and not changes.keep("station profile", entry.ae_title):
            _load_profile(session, row.id, profiles[entry.profile], changes)
    for station in session.scalars(select(Station).where(Station.room_id == room_id)):
        gone = station.active and station.ae_title not in titles
        if gone and not changes.keep("station", station.ae_title):
            station.active = False
            changes.retire("station", station.ae_title, Station.__tablename__)


def _load_profile(session: Session, station_id: int, entry: ProfileEntry, changes: Changes) -> None:
    fields = entry.fields()
    row = session.get(StationProfile, station_id)
    upsert(session, row, StationProfile(station_id=station_id, **fields), fields, changes)


def _load_image_managers(session: Session, content: CatalogueFile, changes: Changes) -> None:
    known = {row.ae_title: row for row in session.scalars(select(ImageManager))}
    for entry in content.image_managers:
        row = known.pop(entry.ae_title, None)
        if row is not None and changes.keep("image_manager", entry.ae_title):
            continue
        fields = entry.model_dump() | {"active": True}
        upsert(session, row, ImageManager(**fields), fields, changes)
    for row in known.values() if content.image_managers else ():
        if row.active and not changes.keep("image_manager", row.ae_title):
            row.active = False
            changes.retire("image_manager", row.ae_title, ImageManager.__tablename__)


def _load_resources(
    session: Session, content: CatalogueFile, sites: Mapping[str, int], changes: Changes
) -> None:
    if not content.resources:
        return
    for entry in content.resources:
        _load_resource(session, content, entry, kind=entry.kind, sites=sites, changes=changes)
    others = session.scalars(select(Resource).where(Resource.kind != ResourceKind.ROOM))
    _retire(others, "resource", {entry.code for entry in content.resources}, changes)


def _load_procedures(session: Session, content: CatalogueFile, changes: Changes) -> None:
    if not content.procedures:
        return
    known = {row.code: row for row in session.scalars(select(Procedure))}
    for entry in content.procedures:
        row = known.get(entry.code)
        if row is not None and changes.keep("procedure", entry.code):
            continue
        fields = procedure_fields(entry, content.preparations) | {
            "preparation_translations": translated_preparation(
                entry, content.preparation_translations
            )
        }
        new = Procedure(**fields)
        upsert(session, row, new, fields, changes)
        session.flush()
        if load_phases(session, row or new, entry.phases):
            changes.count("changed", ProcedurePhase.__tablename__)
    _retire(known.values(), "procedure", {entry.code for entry in content.procedures}, changes)


def _load_report_templates(session: Session, content: CatalogueFile, changes: Changes) -> None:
    if not content.report_templates:
        return
    known = {row.code: row for row in session.scalars(select(ReportTemplate))}
    for entry in content.report_templates:
        if entry.code in known and changes.keep("report_template", entry.code):
            continue
        fields = entry.model_dump() | {"procedures": list(entry.procedures), "active": True}
        upsert(session, known.get(entry.code), ReportTemplate(**fields), fields, changes)
    codes = {entry.code for entry in content.report_templates}
    _retire(known.values(), "report_template", codes, changes)
