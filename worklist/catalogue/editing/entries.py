"""What a page gives for one thing of the catalogue: the file's fields, and what only pages have."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from worklist.catalogue.entry import Code
from worklist.catalogue.file import (
    HolidayEntry,
    ImageManagerEntry,
    ReportTemplateEntry,
    ResourceFields,
    RoomFields,
    SiteEntry,
    StationFields,
)
from worklist.catalogue.procedure_file import ProcedureFields
from worklist.language.tags import language_of
from worklist.language.text import _

Site = SiteEntry
Holiday = HolidayEntry
ImageManager = ImageManagerEntry
Resource = ResourceFields
ReportTemplate = ReportTemplateEntry


class Room(RoomFields):
    """A room and its place among the columns of the day board, from the left."""

    display_order: Annotated[int, Field(ge=0, le=9999)] = 0


class Station(StationFields):
    """A station and the room in which it stands."""

    room: Code


def _by_language(value: object) -> object:
    """Read lines such as ``de: Bitte nüchtern kommen.``; others go on with the line before."""
    if not isinstance(value, str):
        return value
    texts: dict[str, str] = {}
    code = ""
    for line in filter(None, map(str.strip, value.splitlines())):
        begun, colon, text = line.partition(":")
        if colon and language_of(begun) == begun:
            code, texts[begun] = begun, text.strip()
        elif code:
            texts[code] += f"\n{line}"
        else:
            raise ValueError(
                _("begin a line with its language, such as de: Bitte nüchtern kommen.")
            )
    return texts


class Procedure(ProcedureFields):
    """A procedure with its preparation as it is read out, also in other languages."""

    preparation: Annotated[str, Field(max_length=4000)] = ""
    preparation_translations: Annotated[dict[str, str], BeforeValidator(_by_language)] = Field(
        default_factory=dict
    )
