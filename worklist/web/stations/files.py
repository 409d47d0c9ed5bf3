"""The stations, and what each of them asked and lacks, as files for spreadsheets."""

from functools import partial

from flask import Response, request

from worklist.auth.roles import Permission
from worklist.dicom import defects
from worklist.language.text import _
from worklist.web import context, words
from worklist.web.language import tell
from worklist.web.permissions import require
from worklist.web.spreadsheet import as_file, list_as_file
from worklist.web.stations import queries


@require(Permission.SEE_SCHEDULE)
def stations() -> Response:
    """Return the stations, all pages of them, as they are filtered and sorted."""
    pages = partial(
        queries.stations,
        sorting=queries.sorting(request.args.get("sort", "")),
        text=request.args.get("q", "").strip(),
    )
    heading = (
        _("AE title"), _("Room"), _("Modality"), _("In use"), _("Asked last"), _("Address"),
        _("Answers"), _("Leaves out"),
    )  # fmt: skip
    return list_as_file("stations", heading, pages, _of_station)


@require(Permission.SEE_SCHEDULE)
def asked(ae_title: str) -> Response:
    """Return every query of a station that is kept, newest first."""
    with context.transaction() as session:
        queries.station(session, ae_title)
    return list_as_file(
        f"queries-{ae_title}",
        (_("When"), _("From"), _("Outcome"), _("Answers"), _("Milliseconds")),
        partial(queries.asked, ae_title=ae_title),
        lambda one: [
            one.asked_at,
            one.address,
            words.word(one.outcome),
            one.answers,
            one.milliseconds,
        ],
    )


@require(Permission.SEE_SCHEDULE)
def lacks(ae_title: str) -> Response:
    """Return what the performed steps of a station lack, the last seen first."""
    with context.transaction() as session:
        queries.station(session, ae_title)
        found = defects.of_station(session, ae_title)
    heading = (_("Message"), _("Attribute"), _("Problem"), _("Times"), _("Last"))
    rows = (
        (
            one.operation,
            one.attribute,
            tell(one.problem),
            one.times,
            one.last_seen_at,
        )
        for one in found
    )
    return as_file(f"defects-{ae_title}", heading, rows)


def _of_station(line: queries.StationLine) -> list[object]:
    asked = line.asked
    return [
        line.station.ae_title,
        line.station.room.code,
        line.station.modality,
        line.station.active,
        *((asked.asked_at, asked.address, asked.answers) if asked else ("", "", "")),
        line.defects,
    ]
