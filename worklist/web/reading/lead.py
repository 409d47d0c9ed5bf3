"""``/reading/figures``: turnaround, backlog and who reads what over chosen days, also as CSV."""

from collections.abc import Callable

from flask import Response, render_template
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.scheduling.intervals import Interval
from worklist.web import context
from worklist.web.permissions import require
from worklist.web.reading import figures
from worklist.web.reading.chart import chart
from worklist.web.reading.critical_figures import communication
from worklist.web.statistics.chosen import as_interval, chosen_days
from worklist.web.statistics.spreadsheet import Table, as_file


@require(Permission.SEE_STATISTICS)
def overview() -> str:
    """Show the figures of the days chosen, by default the last week."""
    with context.transaction() as session:
        context.site(session)
        first, last = chosen_days()
        period = as_interval(first, last)
        days = figures.days(session, first, last, period, context.zone())
        read_by = figures.readers(session, period)
        return render_template(
            "reading/figures.html",
            first=first,
            last=last,
            chart=chart(days),
            backlog=figures.backlog(session, context.now()),
            by_priority=figures.turnaround(session, period, by_modality=False),
            by_modality=figures.turnaround(session, period, by_modality=True),
            readers=read_by,
            communication=communication(session, period, now=context.now()),
            modalities=sorted({name for one in read_by for name in one.by_modality}),
        )


@require(Permission.SEE_STATISTICS)
def spreadsheet(table: str) -> Response:
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
        rows = _TABLES[table](session, as_interval(first, last))
        return as_file(f"reading-{table}-{first}-{last}", rows)


def _turnaround(session: Session, period: Interval, *, by_modality: bool) -> Table:
    found = figures.turnaround(session, period, by_modality=by_modality)
    rows = (
        (
            one.name,
            one.cases,
            round(one.median.total_seconds() / 60),
            round(one.ninth_decile.total_seconds() / 60),
            f"{one.within_target:.3f}",
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
    found = communication(session, period, now=context.now())
    rows = (
        (
            one.category,
            one.raised,
            one.told,
            one.in_time,
            one.open,
            one.late,
            "" if one.median is None else round(one.median.total_seconds() / 60),
        )
        for one in found
    )
    heading = ("category", "raised", "told", "in_time", "open", "open_late", "median_minutes")
    return heading, rows


_TABLES: dict[str, Callable[[Session, Interval], Table]] = {
    "priority": lambda session, period: _turnaround(session, period, by_modality=False),
    "modality": lambda session, period: _turnaround(session, period, by_modality=True),
    "readers": _readers,
    "critical": _critical,
}
