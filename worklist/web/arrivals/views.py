"""``/arrivals``: the desk's list on the day."""

from flask import Blueprint, render_template, request

from worklist.auth.roles import Permission
from worklist.scheduling.queries import expected_starts
from worklist.web import context
from worklist.web.arrivals import check_in, queries
from worklist.web.permissions import require

blueprint = Blueprint("arrivals", __name__, url_prefix="/arrivals")


@blueprint.get("")
@require(Permission.CHECK_IN)
def arrivals() -> str:
    """Show who is missing, late, expected and here."""
    modality = request.args.get("modality", "")
    with context.transaction() as session:
        site = context.site(session)
        shown = queries.arrivals(
            session, site.id, check_in.today(), now=context.now(), modality=modality
        )
        return render_template(
            "arrivals/page.html",
            arrivals=shown,
            expected=expected_starts(session, shown.ids),
            modality=modality,
            modalities=queries.modalities(session, site.id),
        )


blueprint.add_url_rule("/<int:exam_id>/check-in", "form", check_in.form)
blueprint.add_url_rule("/<int:exam_id>/check-in", "check_in", check_in.check_in, methods=["POST"])
