"""``/search``: one field for whatever a caller says; one exact find opens at once."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from worklist.auth.roles import Permission
from worklist.web import context
from worklist.web.permissions import require
from worklist.web.search import files
from worklist.web.search.queries import Found, find, last_exams

blueprint = Blueprint("search", __name__, url_prefix="/search")
blueprint.add_url_rule("/patients.csv", "patients_file", files.patients, methods=["POST"])
blueprint.add_url_rule("/exams.csv", "exams_file", files.exams, methods=["POST"])


@blueprint.get("")
@require(Permission.SEE_SCHEDULE)
def form() -> str | Response:
    """Show what was looked for last: nothing is kept in an address, for it names patients."""
    return render_template("search/page.html", text="", found=None)


@blueprint.post("")
@require(Permission.SEE_SCHEDULE)
def results() -> str | Response:
    """Show what fits; a single exam or patient opens at once."""
    text = request.form.get("q", "")
    with context.transaction() as session:
        found = find(
            session,
            text,
            after=request.form.get("after", type=int),
            exams_after=request.form.get("exams", type=int),
            sort=request.form.get("sort", ""),
        )
        only = None if {"after", "exams", "sort"} & set(request.form) else _only(found)
        if only is not None:
            return redirect(only, code=303)
        began = last_exams(session, found.patients)
        return render_template("search/page.html", text=text, found=found, last_exams=began)


def _only(found: Found) -> str | None:
    if len(found.exams) == 1 and not found.patients:
        return url_for("exams.show", exam_id=found.exams[0].id)
    if len(found.patients) == 1 and not found.exams:
        return url_for("patients.show", patient_id=found.patients[0].id)
    return None
