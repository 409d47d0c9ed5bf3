"""``/rules``: what each rule does, its source, its thresholds, and who changed them."""

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.rulebook import queries, service
from worklist.rules import describe
from worklist.rules.parameters import as_json, parameters
from worklist.rules.serialise import effect_of
from worklist.scheduling.trial import DAYS, trial
from worklist.web import context
from worklist.web.permissions import require
from worklist.web.rules import files, quantities, shown, values

blueprint = Blueprint("rules", __name__, url_prefix="/rules")

_MOST_SHOWN = 100


@blueprint.get("")
@require(Permission.SEE_SCHEDULE)
def overview() -> str:
    """List the rules by area, then the thresholds, then their history."""
    with context.transaction() as session:
        return render_template(
            "rules/page.html",
            areas=describe.AREAS,
            rules=describe.rules(),
            effects=describe.effect_names,
            thresholds=_thresholds(session),
            history=queries.history(session),
            review=queries.newest_review(session),
            known=parameters(),
            quantities=quantities,
            written=values.written,
        )


@blueprint.get("/list.csv")
@require(Permission.SEE_SCHEDULE)
def rules_file() -> Response:
    """Return the rules as a file."""
    return files.rules()


@blueprint.get("/numbers.csv")
@require(Permission.SEE_SCHEDULE)
def numbers_file() -> Response:
    """Return the thresholds as a file."""
    with context.transaction() as session:
        return files.numbers("thresholds", _("Threshold"), _thresholds(session))


@blueprint.get("/history.csv")
@require(Permission.SEE_SCHEDULE)
def history_file() -> Response:
    """Return the history of the thresholds as a file."""
    with context.transaction() as session:
        changed = queries.history(session, limit=files.MOST_CHANGES)
        return files.history("threshold-changes", _("Threshold"), changed, parameters())


@blueprint.post("/<name>")
@require(Permission.ADMINISTER)
def change(name: str) -> Response:
    """Put another value in use, or what is shipped, for a reason."""
    page = url_for("rules.overview", _anchor=f"threshold-{name}")
    return shown.change(parameters(), name, shown.THRESHOLD, service.change, to=page)


@blueprint.get("/<name>/try")
@require(Permission.ADMINISTER)
def try_value(name: str) -> str:
    """Tell what another value would have said about the last exams."""
    known = shown.of_name(parameters(), name, shown.THRESHOLD)
    value = values.read(known, request.args.get("value", ""))
    with context.transaction() as session:
        context.site(session)
        return render_template(
            "rules/trial.html",
            known=known,
            in_use=as_json(queries.thresholds(session))[name],
            value=value,
            trial=trial(session, {name: value}, now=context.now()),
            days=DAYS,
            most=_MOST_SHOWN,
            quantity=quantities.quantity,
            written=values.written,
            effect_of=effect_of,
        )


def _thresholds(session: Session) -> list[shown.Shown]:
    in_use = as_json(queries.thresholds(session))
    return shown.numbers(parameters(), in_use, queries.own_values(session))
