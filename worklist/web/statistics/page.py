"""``/statistics``: tables with bars over chosen days, each also as CSV."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import DomainError, NotFoundError
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.web import context
from worklist.web.permissions import require
from worklist.web.statistics import queries

blueprint = Blueprint("statistics", __name__, url_prefix="/statistics")

_USUAL_DAYS = 7
_MOST_DAYS = 366

Table = tuple[Sequence[str], Iterable[Sequence[object]]]


@blueprint.get("")
@require(Permission.SEE_STATISTICS)
def overview() -> str:
    """Show the figures of the days chosen, by default the last week."""
    with context.transaction() as session:
        site = context.site(session)
        first, last = _days()
        period = _period(first, last)
        return render_template(
            "statistics/page.html",
            first=first,
            last=last,
            utilisation=queries.utilisation(session, site, period, context.now()),
            waiting=queries.waiting(session, period, Policy()),
            attendance=queries.attendance(session, period),
            next_available=queries.third_next_available(session, site, context.now()),
        )


@blueprint.get("/<table>.csv")
@require(Permission.SEE_STATISTICS)
def as_csv(table: str) -> Response:
    """Return one table for a spreadsheet."""
    if table not in _TABLES:
        raise NotFoundError(f"There is no table {table!r}: known are {', '.join(_TABLES)}.")
    with context.transaction() as session:
        context.site(session)
        first, last = _days()
        heading, rows = _TABLES[table](session, _period(first, last))
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(heading)
        writer.writerows(rows)
    name = f"{table}-{first}-{last}.csv"
    response = Response(text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


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
        for one in queries.waiting(session, period, Policy())
    )
    heading = ("priority", "exams", "median_minutes", "ninth_decile_minutes", "within_target")
    return heading, rows


def _attendance(session: Session, period: Interval) -> Table:
    found = queries.attendance(session, period)
    rows = ((one.modality, one.done, one.no_shows, one.cancelled) for one in found)
    return ("modality", "done", "no_shows", "cancelled"), rows


_TABLES: dict[str, Callable[[Session, Interval], Table]] = {
    "utilisation": _utilisation,
    "waiting": _waiting,
    "attendance": _attendance,
}


def _days() -> tuple[date, date]:
    """Read ``from`` and ``until``, both included."""
    today = context.now().astimezone(context.zone()).date()
    last = _day("until", today)
    first = _day("from", last - timedelta(days=_USUAL_DAYS - 1))
    if not timedelta(0) <= last - first < timedelta(days=_MOST_DAYS):
        raise DomainError(f"Choose a first day before the last one, up to {_MOST_DAYS} days.")
    return first, last


def _day(name: str, otherwise: date) -> date:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError as error:
        raise DomainError(f"{text!r} is no day: write it as 2026-11-25.") from error


def _period(first: date, last: date) -> Interval:
    return Interval(context.day_bounds(first)[0], context.day_bounds(last)[1])
