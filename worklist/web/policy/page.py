"""``/policy``: by which numbers exams are placed, and who changed them."""

from flask import Blueprint, Response, render_template, url_for

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.scheduling import policy_file
from worklist.scheduling.policies import queries, service
from worklist.scheduling.policies.parameters import parameters
from worklist.web import context
from worklist.web.permissions import require
from worklist.web.rules import files, quantities, shown, values

blueprint = Blueprint("policy", __name__, url_prefix="/policy")


@blueprint.get("")
@require(Permission.SEE_SCHEDULE)
def overview() -> str:
    """List the numbers of the policy, then their history."""
    with context.transaction() as session:
        in_use = policy_file.written(queries.in_use(session))
        return render_template(
            "policy/page.html",
            numbers_of_policy=shown.numbers(parameters(), in_use, queries.own_values(session)),
            history=queries.history(session),
            file=context.current().settings.policy_file,
            known=parameters(),
            quantities=quantities,
            written=values.written,
        )


@blueprint.get("/numbers.csv")
@require(Permission.SEE_SCHEDULE)
def numbers_file() -> Response:
    """Return the numbers as a file."""
    with context.transaction() as session:
        in_use = policy_file.written(queries.in_use(session))
        found = shown.numbers(parameters(), in_use, queries.own_values(session))
    return files.numbers("policy", _("Number of the policy"), found)


@blueprint.get("/history.csv")
@require(Permission.SEE_SCHEDULE)
def history_file() -> Response:
    """Return the history of the numbers as a file."""
    with context.transaction() as session:
        changed = queries.history(session, limit=files.MOST_CHANGES)
        return files.history("policy-changes", _("Number of the policy"), changed, parameters())


@blueprint.post("/<name>")
@require(Permission.ADMINISTER)
def change(name: str) -> Response:
    """Put another value in use, or what is shipped, for a reason."""
    page = url_for("policy.overview", _anchor=f"number-{name}")
    return shown.change(parameters(), name, shown.POLICY_NUMBER, service.change, to=page)
