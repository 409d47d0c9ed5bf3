"""``/arrivals``: the desk's list on the day."""

from flask import Blueprint, Response, render_template

from worklist.auth.roles import Permission
from worklist.catalogue.rooms import rooms_of_site
from worklist.scheduling.queries import expected_starts
from worklist.web import concerns, context
from worklist.web.arrivals import check_in, files, queries
from worklist.web.permissions import require

blueprint = Blueprint("arrivals", __name__, url_prefix="/arrivals")
blueprint.add_url_rule("/awaited.csv", "awaited_file", files.awaited)
blueprint.add_url_rule("/here.csv", "here_file", files.here)


@blueprint.get("")
@require(Permission.CHECK_IN)
def arrivals() -> Response | str:
    """Show who is missing, late, expected and here.

    Filters, pages and sortings are in the address.
    """
    with context.transaction() as session:
        site = context.site(session)
        wanted = queries.asked(site.id, check_in.today())
        if not concerns.is_concerned(session, queries.belongs_to_day(wanted)):
            return concerns.unchanged()
        shown = queries.arrivals(session, wanted, now=context.now())
        of_site = rooms_of_site(session, site.id)
        return render_template(
            "arrivals/page.html",
            arrivals=shown,
            lateness=queries.lateness,
            expected=expected_starts(session, shown.ids),
            wanted=wanted,
            rooms=[one.code for one in of_site],
            modalities=sorted({one for room in of_site for one in room.modalities}),
        )


blueprint.add_url_rule("/<int:exam_id>/check-in", "form", check_in.form)
blueprint.add_url_rule("/<int:exam_id>/check-in", "check_in", check_in.check_in, methods=["POST"])
