"""``/stations``: every scanner; ``/stations/CT01``: one, its profile, queries and defects."""

from flask import Blueprint, Response, render_template, request, url_for

from worklist.auth.roles import Permission
from worklist.catalogue.profile_service import set_profile
from worklist.catalogue.profiles import Connections, LeavesList, OverLimit
from worklist.dicom.explain import exams_of, explain
from worklist.language.text import _
from worklist.web import answers, context
from worklist.web.permissions import require
from worklist.web.stations import files, profile_form, queries

blueprint = Blueprint("stations", __name__, url_prefix="/stations")
blueprint.add_url_rule("/list.csv", "as_file", files.stations)
blueprint.add_url_rule("/<ae_title>/queries.csv", "queries_file", files.asked)
blueprint.add_url_rule("/<ae_title>/defects.csv", "defects_file", files.lacks)


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
