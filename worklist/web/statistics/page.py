"""``/statistics``: tables with bars over chosen days, each also as CSV."""

from collections.abc import Callable

from flask import Blueprint, Response, render_template
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policies import queries as policies
from worklist.web import context
from worklist.web.permissions import require
from worklist.web.statistics import queries
from worklist.web.statistics.chosen import as_interval, chosen_days
from worklist.web.statistics.spreadsheet import Table, as_file

blueprint = Blueprint("statistics", __name__, url_prefix="/statistics")


@blueprint.get("")
@require(Permission.SEE_STATISTICS)
def overview() -> str:
    """Show the figures of the days chosen, by default the last week."""
    with context.transaction() as session:
        site = context.site(session)
        first, last = chosen_days()
        period = as_interval(first, last)
        return render_template(
            "statistics/page.html",
            first=first,
            last=last,
            utilisation=queries.utilisation(session, site, period, context.now()),
            waiting=queries.waiting(session, site, period, policies.in_use(session)),
            attendance=queries.attendance(session, site, period),
            next_available=queries.third_next_available(session, site, context.now()),
        )


@blueprint.get("/<table>.csv")
@require(Permission.SEE_STATISTICS)
def as_csv(table: str) -> Response:
    """Return one table for a spreadsheet."""
    if table not in _TABLES:
        raise NotFoundError(
            _(
                "There is no table %(table)s: known are %(tables)s.",
                table=repr(table),
                tables=", ".join(_TABLES),
            )
        )
    with context.transaction() as session:
        context.site(session)
        first, last = chosen_days()
        heading, rows = _TABLES[table](session, as_interval(first, last))
        return as_file(f"{table}-{first}-{last}", (heading, rows))


def _utilisation(session: Session, period: Interval) -> Table:
    rooms = queries.utilisation(session, context.site(session), period, context.now())
    rows = ((one.code, one.name, one.open_minutes, one.used_minutes, one.exams) for one in rooms)
    return ("room", "name", "open_minutes", "used_minutes", "exams"), rows


def _waiting(session: Session, period: Interval) -> Table:
    rows = (
        (
            one.priority,
            one.exams,
            round(one.median.total_seconds() / 60),
            round(one.ninth_decile.total_seconds() / 60),
            f"{one.within_target:.3f}",
        )
        for one in queries.waiting(session, context.site(session), period, policies.in_use(session))
    )
    heading = ("priority", "exams", "median_minutes", "ninth_decile_minutes", "within_target")
    return heading, rows


def _attendance(session: Session, period: Interval) -> Table:
    found = queries.attendance(session, context.site(session), period)
    rows = ((one.modality, one.done, one.no_shows, one.cancelled) for one in found)
    return ("modality", "done", "no_shows", "cancelled"), rows


def _next_available(session: Session, _period: Interval) -> Table:
    """Return the third next available of each room, from now whatever days are chosen."""
    site, now = context.site(session), context.now()
    rows = (
        (one.code, one.name, "" if one.third is None else one.third.isoformat())
        for one in queries.third_next_available(session, site, now)
    )
    return ("room", "name", "third_next_available"), rows


_TABLES: dict[str, Callable[[Session, Interval], Table]] = {
    "utilisation": _utilisation,
    "waiting": _waiting,
    "attendance": _attendance,
    "next-available": _next_available,
}
