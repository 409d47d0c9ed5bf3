"""``/reading/figures``: turnaround, backlog and who reads what over chosen days, also as CSV."""

from flask import Response, render_template
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policies import queries as policies
from worklist.web import context
from worklist.web.permissions import require
from worklist.web.reading import figures
from worklist.web.reading.chart import chart
from worklist.web.reading.critical_figures import communication
from worklist.web.statistics import trends
from worklist.web.statistics.chosen import chosen_span
from worklist.web.statistics.lines import draw, written
from worklist.web.statistics.spreadsheet import Table, Tables, answer, by_day, whole_minutes


@require(Permission.SEE_STATISTICS)
def overview() -> str:
    """Show the figures of the days chosen, by default the last week."""
    with context.transaction() as session:
        context.site(session)
        span = chosen_span()
        first, last, period = span.first, span.last, span.period
        policy = policies.in_use(session)
        days = figures.days(session, first, last, period, span.zone)
        read_by = figures.readers(session, period)
        return render_template(
            "reading/figures.html",
            first=first,
            last=last,
            chart=chart(days),
            backlog=figures.backlog(session, policy, context.now()),
            by_priority=figures.turnaround(session, period, by_modality=False),
            by_modality=figures.turnaround(session, period, by_modality=True),
            readers=read_by,
            communication=communication(session, period, policy, now=context.now()),
            by_day=trends.turnaround(session, span, policy),
            today=context.today(),
            draw=draw,
            written=written,
            modalities=sorted({name for one in read_by for name in one.by_modality}),
        )


@require(Permission.SEE_STATISTICS)
def spreadsheet(table: str) -> Response:
    """Return one table for a spreadsheet."""
    return answer(_TABLES, table, prefix="reading-")


def _turnaround(session: Session, period: Interval, *, by_modality: bool) -> Table:
    found = figures.turnaround(session, period, by_modality=by_modality)
    rows = (
        (
            one.name,
            one.cases,
            whole_minutes(one.median),
            whole_minutes(one.ninth_decile),
            one.within_target,
        )
        for one in found
    )
    kind = "modality" if by_modality else "priority"
    return (kind, "cases", "median_minutes", "ninth_decile_minutes", "within_target"), rows


def _readers(session: Session, period: Interval) -> Table:
    found = figures.readers(session, period)
    rows = (
        (one.name, modality, number)
        for one in found
        for modality, number in sorted(one.by_modality.items())
    )
    return ("reader", "modality", "cases"), rows


def _critical(session: Session, period: Interval) -> Table:
    found = communication(session, period, policies.in_use(session), now=context.now())
    rows = (
        (
            one.category,
            one.raised,
            one.told,
            one.in_time,
            one.open,
            one.late,
            "" if one.median is None else whole_minutes(one.median),
        )
        for one in found
    )
    heading = ("category", "raised", "told", "in_time", "open", "open_late", "median_minutes")
    return heading, rows


def _turnaround_days(session: Session, _period: Interval) -> Table:
    return by_day(trends.turnaround(session, chosen_span(), policies.in_use(session)))


def _days(session: Session, period: Interval) -> Table:
    span = chosen_span()
    found = figures.days(session, span.first, span.last, period, span.zone)
    rows = ((one.day, one.ready, one.in_time, one.late) for one in found)
    return ("day", "became_ready", "read_in_time", "read_late"), rows


def _backlog(session: Session, _period: Interval) -> Table:
    """Return what waits now, whatever days are chosen."""
    found = figures.backlog(session, policies.in_use(session), context.now())
    rows = (
        (
            one.priority,
            whole_minutes(one.target),
            one.waiting,
            one.claimed,
            one.late,
            one.oldest.isoformat(),
        )
        for one in found
    )
    return ("priority", "target_minutes", "waiting", "claimed", "late", "oldest_ready_at"), rows


_TABLES: Tables = {
    "priority": lambda session, period: _turnaround(session, period, by_modality=False),
    "modality": lambda session, period: _turnaround(session, period, by_modality=True),
    "readers": _readers,
    "critical": _critical,
    "turnaround-days": _turnaround_days,
    "days": _days,
    "backlog": _backlog,
}
