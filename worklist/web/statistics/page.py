"""``/statistics``: charts and tables over chosen days, each also as CSV."""

from flask import Blueprint, Response, render_template
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.scheduling import access
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policies import queries as policies
from worklist.web import context
from worklist.web.permissions import require
from worklist.web.statistics import queries, trends
from worklist.web.statistics.chosen import chosen_span
from worklist.web.statistics.lines import draw, written
from worklist.web.statistics.spreadsheet import Table, Tables, answer, by_day, whole_minutes

blueprint = Blueprint("statistics", __name__, url_prefix="/statistics")


@blueprint.get("")
@require(Permission.SEE_STATISTICS)
def overview() -> str:
    """Show the figures of the days chosen, by default the last week."""
    with context.transaction() as session:
        site = context.site(session)
        span, policy, now = chosen_span(), policies.in_use(session), context.now()
        rooms, used_by_day = queries.utilisation(session, site, span, now)
        waits, waiting_by_day = queries.waiting(session, site, span, policy)
        attended, no_shows_by_day = queries.attendance(session, site, span)
        return render_template(
            "statistics/page.html",
            first=span.first,
            last=span.last,
            utilisation=rooms,
            waiting=waits,
            attendance=attended,
            next_available=access.third_next_available(session, site, now),
            used_by_day=trends.used_enough(used_by_day, policy),
            no_shows_by_day=trends.missed_little(no_shows_by_day, policy),
            next_by_day=trends.next_available(session, site, span),
            waiting_by_day=waiting_by_day,
            today=context.today(),
            draw=draw,
            written=written,
        )


@blueprint.get("/<table>.csv")
@require(Permission.SEE_STATISTICS)
def as_csv(table: str) -> Response:
    """Return one table for a spreadsheet."""
    return answer(_TABLES, table)


def _utilisation(session: Session, _period: Interval) -> Table:
    site, now = context.site(session), context.now()
    rooms, _by_day = queries.utilisation(session, site, chosen_span(), now)
    rows = ((one.code, one.name, one.open_minutes, one.used_minutes, one.exams) for one in rooms)
    return ("room", "name", "open_minutes", "used_minutes", "exams"), rows


def _waiting(session: Session, _period: Interval) -> Table:
    site, policy = context.site(session), policies.in_use(session)
    waits, _by_day = queries.waiting(session, site, chosen_span(), policy)
    rows = (
        (
            one.priority,
            one.exams,
            whole_minutes(one.median),
            whole_minutes(one.ninth_decile),
            one.within_target,
        )
        for one in waits
    )
    heading = ("priority", "exams", "median_minutes", "ninth_decile_minutes", "within_target")
    return heading, rows


def _attendance(session: Session, _period: Interval) -> Table:
    found, _by_day = queries.attendance(session, context.site(session), chosen_span())
    rows = ((one.modality, one.done, one.no_shows, one.cancelled) for one in found)
    return ("modality", "done", "no_shows", "cancelled"), rows


def _next_available(session: Session, _period: Interval) -> Table:
    """Return the third next available of each room, from now whatever days are chosen."""
    site, now = context.site(session), context.now()
    rows = (
        (one.code, one.name, "" if one.third is None else one.third)
        for one in access.third_next_available(session, site, now)
    )
    return ("room", "name", "third_next_available"), rows


def _utilisation_days(session: Session, _period: Interval) -> Table:
    site = context.site(session)
    _rooms, used = queries.utilisation(session, site, chosen_span(), context.now())
    return by_day([used])


def _attendance_days(session: Session, _period: Interval) -> Table:
    _by_modality, missed = queries.attendance(session, context.site(session), chosen_span())
    return by_day([missed])


def _next_available_days(session: Session, _period: Interval) -> Table:
    return by_day([trends.next_available(session, context.site(session), chosen_span())])


def _waiting_days(session: Session, _period: Interval) -> Table:
    site, policy = context.site(session), policies.in_use(session)
    _waits, found = queries.waiting(session, site, chosen_span(), policy)
    return by_day(found)


_TABLES: Tables = {
    "utilisation": _utilisation,
    "waiting": _waiting,
    "attendance": _attendance,
    "next-available": _next_available,
    "utilisation-days": _utilisation_days,
    "attendance-days": _attendance_days,
    "waiting-days": _waiting_days,
    "next-available-days": _next_available_days,
}
