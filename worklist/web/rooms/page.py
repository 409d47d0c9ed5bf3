"""``/rooms``: all rooms at a glance, one room's day, and the board for the wall."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from flask import Response, render_template
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.catalogue.models import Room
from worklist.catalogue.rooms import rooms_of_site
from worklist.dicom.performed_summary import summarise
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.performing import contrast, hand_doses, pauses, unscheduled
from worklist.reading.pending import pending
from worklist.scheduling.intervals import Interval
from worklist.scheduling.queries import expected_starts
from worklist.web import concerns, context
from worklist.web.answers import is_htmx
from worklist.web.day.queries import BoardRoom, rooms_of_day
from worklist.web.exams.fact_form import fact_text
from worklist.web.exams.possible import Action, possible_actions
from worklist.web.permissions import require
from worklist.web.rooms import queries
from worklist.web.rooms.lanes import Alert, Lanes, alert, lanes, minutes_late

# What a technologist does, in this order; the rest is on the exam's own page.
_ACTIONS = (
    "exams.check_in",
    "exams.make_ready",
    "exams.start",
    "exams.resume",
    "exams.complete",
    "exams.pause",
    "exams.discontinue",
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One room at this moment."""

    room: Room
    lanes: Lanes
    late: int
    done: int
    closed: str


@require(Permission.SEE_SCHEDULE)
def overview() -> Response | str:
    """Show every room of the site: now, next, who waits, how late."""
    with context.transaction() as session:
        if not _concerns_site(session):
            return concerns.unchanged()
        tiles = tiles_of(session)
        return render_template(
            "rooms/tiles.html" if is_htmx() else "rooms/overview.html",
            tiles=tiles,
            pauses=pauses.of_exams(session, [exam.id for one in tiles for exam in one.lanes.now]),
            wanted=pending(session, [tile.room.id for tile in tiles]),
            site=context.site(session),
            sites=queries.sites(session),
            unlinked=unscheduled.count(session),
            alert=alert_of(session, [exam for tile in tiles for exam in tile.lanes.to_come]),
        )


@require(Permission.SEE_SCHEDULE)
def wall() -> Response | str:
    """Show the same without anything that names a patient."""
    with context.transaction() as session:
        if not _concerns_site(session):
            return concerns.unchanged()
        return render_template(
            "rooms/wall_tiles.html" if is_htmx() else "rooms/wall.html",
            tiles=tiles_of(session),
            site=context.site(session),
        )


@require(Permission.SEE_SCHEDULE)
def room(code: str) -> Response | str:
    """Show one room's day: now, next, later, done."""
    with context.transaction() as session:
        shown = queries.room(session, code)
        site = shown.resource.site
        context.use_site(site)
        day = context.day()
        bounds = context.day_bounds(day)
        if not concerns.is_concerned(session, queries.belongs_to_day(*bounds, room_id=shown.id)):
            return concerns.unchanged()
        exams = queries.exams_of_room(session, shown.id, *bounds)
        sorted_exams = lanes(exams)
        here = [exam.id for exam in sorted_exams.now]
        paused = pauses.of_exams(session, here)
        return render_template(
            "rooms/lanes.html" if is_htmx() else "rooms/room.html",
            room=shown,
            rooms=rooms_of_site(session, site.id),
            day=day,
            step=timedelta(days=1),
            is_today=day == context.today(),
            lanes=sorted_exams,
            wanted=pending(session, [shown.id]),
            late=minutes_late(exams, context.now()),
            performed=queries.performed(session, exams),
            facts=queries.facts(session, [*sorted_exams.now, *sorted_exams.next]),
            fact_text=fact_text,
            alert=alert_of(session, sorted_exams.to_come),
            summarise=summarise,
            pauses=paused,
            given=contrast.of_exams(session, here),
            hand_doses=hand_doses.of_exams(session, here),
            actions=lambda exam: _actions(exam, is_paused=exam.id in paused),
            stations=queries.scanners(session, shown, *bounds),
        )


def _concerns_site(session: Session) -> bool:
    bounds = context.day_bounds(context.today())
    site_id = context.site(session).id
    return concerns.is_concerned(session, queries.belongs_to_day(*bounds, site_id=site_id))


def tiles_of(session: Session) -> list[Tile]:
    """Return every room of the site with its exams of today."""
    site, now = context.site(session), context.now()
    bounds = context.day_bounds(context.today())
    rooms = rooms_of_day(session, site.id, Interval(*bounds))
    ids = [one.room.id for one in rooms]
    exams = queries.open_exams(session, ids, *bounds)
    done = queries.count_done(session, ids, *bounds)
    return [
        Tile(
            one.room,
            lanes(exams.get(one.room.id, ())),
            minutes_late(exams.get(one.room.id, ()), now),
            done.get(one.room.id, 0),
            _closed(one, now),
        )
        for one in rooms
    ]


def alert_of(
    session: Session, exams: Iterable[ScheduledProcedureStep]
) -> Callable[[ScheduledProcedureStep, datetime], Alert | None]:
    """Return what tells what is wrong with an exam, delays of these known."""
    return partial(alert, expected=expected_starts(session, {exam.id for exam in exams}))


def _closed(room: BoardRoom, now: datetime) -> str:
    """Return why the room is closed at this moment, empty where it is open."""
    for shade in room.shades:
        if shade.kind == "closure" and shade.during.start <= now < shade.during.end:
            return _("closed: %(text)s", text=shade.text)
    is_open = any(hours.start <= now < hours.end for hours in room.opening)
    return "" if is_open else _("closed")


def _actions(exam: ScheduledProcedureStep, *, is_paused: bool) -> list[Action]:
    """Return what a technologist may do with the exam, in the order of work."""
    allowed = possible_actions(exam.status, is_paused=is_paused)
    possible = [one for one in allowed if one.endpoint in _ACTIONS]
    return sorted(possible, key=lambda one: _ACTIONS.index(one.endpoint))
