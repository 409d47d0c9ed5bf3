"""By what the list of each kind of thing can be sorted: its code, and every column it shows."""

from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from worklist.catalogue.editing.kind import Kind
from worklist.catalogue.image_managers import ImageManager
from worklist.catalogue.models import PublicHoliday, Resource, Room, Site, Station
from worklist.catalogue.procedures import Procedure
from worklist.catalogue.report_templates import ReportTemplate
from worklist.web.paging import Key, Sorting


def _site_of(column: InstrumentedAttribute[int]) -> ColumnElement[str]:
    here = select(Site.code).where(Site.id == column)
    return here.correlate(column.class_).scalar_subquery()


def _words(column: InstrumentedAttribute[list[str]]) -> ColumnElement[str]:
    return func.array_to_string(column, ", ")


def _text(column: InstrumentedAttribute[Any]) -> ColumnElement[str]:
    return func.coalesce(column, "")


_ROOM_CODE = select(Resource.code).where(Resource.id == Station.room_id).scalar_subquery()
COLUMNS: dict[str, dict[str, Key]] = {
    "site": {
        "code": Site.code,
        "name": Site.name,
        "department": Site.department,
        "time_zone": Site.time_zone,
    },
    "room": {
        "code": Resource.code,
        "name": Resource.name,
        "site": _site_of(Resource.site_id),
        "modalities": _words(Room.modalities),
        "capabilities": _words(Room.capabilities),
    },
    "resource": {
        "code": Resource.code,
        "name": Resource.name,
        "kind": Resource.kind,
        "site": _site_of(Resource.site_id),
    },
    "station": {
        "ae_title": Station.ae_title,
        "room": _ROOM_CODE,
        "modality": Station.modality,
        "name": Station.name,
        "character_set": Station.character_set,
    },
    "image_manager": {
        "ae_title": ImageManager.ae_title,
        "host": ImageManager.host,
        "port": ImageManager.port,
        "forward_performed_steps": ImageManager.forward_performed_steps,
        "forward_availability": ImageManager.forward_availability,
    },
    "procedure": {
        "code": Procedure.code,
        "name": Procedure.name,
        "modality": Procedure.modality,
        "body_part": Procedure.body_part,
        "minutes": Procedure.duration_minutes,
        "contrast": Procedure.contrast,
    },
    "report_template": {
        "code": ReportTemplate.code,
        "name": ReportTemplate.name,
        "modality": _text(ReportTemplate.modality),
        "body_part": _text(ReportTemplate.body_part),
    },
    "holiday": {
        "day": PublicHoliday.day,
        "site": _site_of(PublicHoliday.site_id),
        "name": PublicHoliday.name,
    },
}


def sorting(kind: Kind[Any, Any], given: str) -> Sorting:
    """Return how the list of a kind is sorted, as its address says it.

    Raises:
        DomainError: there is no such column.
    """
    return Sorting.of(given, COLUMNS[kind.name], kind.order[-1])
