"""``/stations``: every scanner; ``/stations/CT01``: one, its profile, queries and defects."""

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.catalogue.profile_service import set_profile
from worklist.catalogue.profiles import Connections, LeavesList, OverLimit
from worklist.dicom.explain import exams_of, explain
from worklist.language.text import _
from worklist.web import answers, context
from worklist.web.paging import MOST_ROWS, Page
from worklist.web.permissions import require
from worklist.web.spreadsheet import list_as_file
from worklist.web.stations import profile_form, queries

blueprint = Blueprint("stations", __name__, url_prefix="/stations")


@blueprint.get("")
@require(Permission.SEE_SCHEDULE)
def overview() -> str:
    """List the stations."""
    sorting = queries.sorting(request.args.get("sort", ""))
    with context.transaction() as session:
        context.site(session)
        page = queries.stations(
            session,
            sorting,
            text=request.args.get("q", "").strip(),
            after=request.args.get("after", ""),
        )
        return render_template("stations/overview.html", page=page, sorting=sorting)


@blueprint.get("/list.csv")
@require(Permission.SEE_SCHEDULE)
def as_file() -> Response:
    """Return the stations, all pages of them, as they are filtered and sorted."""
    sorting = queries.sorting(request.args.get("sort", ""))
    text = request.args.get("q", "").strip()

    def page_after(session: Session, after: str) -> Page[queries.StationLine]:
        return queries.stations(session, sorting, text=text, after=after, rows=MOST_ROWS)

    heading = (
        _("AE title"),
        _("Room"),
        _("Modality"),
        _("In use"),
        _("Asked last"),
        _("Address"),
        _("Answers"),
        _("Leaves out"),
    )
    return list_as_file("stations", heading, page_after, _cells)


@blueprint.get("/<ae_title>")
@require(Permission.SEE_SCHEDULE)
def show(ae_title: str) -> str:
    """Show a station, and why an order's exams are, or are not, on its list."""
    accession_number = request.args.get("accession", "").strip()
    with context.transaction() as session:
        context.site(session)
        page = queries.station_page(session, ae_title, after=request.args.get("after", ""))
        explanations = [
            explain(
                session,
                exam,
                ae_title,
                now=context.now(),
                default_zone=context.current().settings.time_zone,
            )
            for exam in (exams_of(session, accession_number) if accession_number else ())
        ]
        return render_template(
            "stations/page.html",
            page=page,
            accession_number=accession_number,
            explanations=explanations,
            words={
                "leaves_list": list(LeavesList),
                "connections": list(Connections),
                "over_limit": list(OverLimit),
            },
        )


@blueprint.post("/<ae_title>/profile")
@require(Permission.ADMINISTER)
def change(ae_title: str) -> Response:
    """Say how the station is served."""
    with context.transaction() as session:
        station = queries.station(session, ae_title)
        entry = profile_form.read(request.form)
        set_profile(session, station, entry, actor=context.actor(), now=context.now())
    return answers.done(
        _("%(ae_title)s is served so from its next query on.", ae_title=ae_title),
        to=url_for("stations.show", ae_title=ae_title),
    )


def _cells(line: queries.StationLine) -> list[object]:
    asked = line.asked
    return [
        line.station.ae_title,
        line.station.room.code,
        line.station.modality,
        line.station.active,
        *((asked.asked_at, asked.address, asked.answers) if asked else ("", "", "")),
        line.defects,
    ]
