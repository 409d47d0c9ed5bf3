"""What a page gives for one thing of the catalogue: the file's fields, and what only pages have."""

from typing import Annotated

from pydantic import Field

from worklist.catalogue.file import (
    Code,
    HolidayEntry,
    ProcedureFields,
    ResourceFields,
    RoomFields,
    SiteEntry,
    StationFields,
)
from worklist.catalogue.report_templates import ReportTemplateEntry

Site = SiteEntry
Holiday = HolidayEntry
Resource = ResourceFields
ReportTemplate = ReportTemplateEntry


class Room(RoomFields):
    """A room and its place among the columns of the day board, from the left."""

    display_order: Annotated[int, Field(ge=0, le=9999)] = 0


class Station(StationFields):
    """A station and the room in which it stands."""

    room: Code


class Procedure(ProcedureFields):
    """A procedure with its preparation as it is read out."""

    preparation: Annotated[str, Field(max_length=4000)] = ""
