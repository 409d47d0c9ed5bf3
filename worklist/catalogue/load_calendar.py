"""The part of a catalogue that lies on the calendar: closures, blocks and public holidays."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from worklist.catalogue import file
from worklist.catalogue.changes import Changes, site_id, upsert
from worklist.catalogue.file import CatalogueError, CatalogueFile
from worklist.catalogue.models import Block, Closure, PublicHoliday, Resource, WeeklyBlock

_WEEKLY_FIELDS = (
    "resource_id",
    "weekday",
    "starts",
    "ends",
    "purpose",
    "release_hours",
    "valid_from",
    "valid_until",
)


def load_calendar(
    session: Session, content: CatalogueFile, sites: Mapping[str, int], changes: Changes
) -> None:
    """Add what is not there yet; past closures and blocks are history and stay.

    Weekly blocks become those of the file where it has any.

    Raises:
        CatalogueError: a resource or site is not known.
    """
    for closure in content.closures:
        fields = _stretch(session, closure) | {"reason": closure.reason}
        if session.scalar(select(Closure.id).filter_by(**fields)) is None:
            session.add(Closure(**fields))
            changes.count("added", Closure.__tablename__)
    for block in content.blocks:
        key = _stretch(session, block)
        fields = key | {"purpose": block.purpose, "release_hours": block.release_hours}
        row = session.scalar(select(Block).filter_by(**key))
        upsert(session, row, Block(**fields), fields, changes)
    for holiday in content.holidays:
        if changes.keep("holiday", f"{holiday.site}_{holiday.day}"):
            continue
        day = {"site_id": site_id(sites, holiday.site, "holidays"), "day": holiday.day}
        named = day | {"name": holiday.name}
        known = session.scalar(select(PublicHoliday).filter_by(**day))
        upsert(session, known, PublicHoliday(**named), named, changes)
    if content.weekly_blocks:
        _load_weekly_blocks(session, content, changes)


def _load_weekly_blocks(session: Session, content: CatalogueFile, changes: Changes) -> None:
    wanted = {
        (
            _resource_id(session, entry.resource),
            day,
            entry.starts,
            entry.ends,
            entry.purpose,
            entry.release_hours,
            entry.valid_from,
            entry.valid_until,
        )
        for entry in content.weekly_blocks
        for day in entry.days
    }
    rows = session.scalars(select(WeeklyBlock))
    known = {tuple(getattr(row, name) for name in _WEEKLY_FIELDS): row for row in rows}
    for values in known.keys() - wanted:
        session.delete(known[values])
        changes.count("retired", WeeklyBlock.__tablename__)
    for values in wanted - known.keys():
        session.add(WeeklyBlock(**dict(zip(_WEEKLY_FIELDS, values, strict=True))))
        changes.count("added", WeeklyBlock.__tablename__)


def _stretch(session: Session, entry: file.ClosureEntry | file.BlockEntry) -> dict[str, Any]:
    return {
        "resource_id": _resource_id(session, entry.resource),
        "during": Range(entry.starts, entry.ends, bounds="[)"),
    }


def _resource_id(session: Session, code: str) -> int:
    resource = session.scalar(select(Resource.id).where(Resource.code == code))
    if resource is None:
        raise CatalogueError(
            f"closures and blocks: expected the code of a resource; {code!r} is none."
        )
    return resource
