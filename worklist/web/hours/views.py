"""``/hours/<room>``: see a room's week, close it, keep its time, change its hours."""

from datetime import datetime, timedelta

from flask import Blueprint, Response, render_template, request

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.scheduling import closing
from worklist.scheduling.intervals import Interval
from worklist.web import answers, context
from worklist.web.hours import lines, week
from worklist.web.permissions import require
from worklist.web.rooms import queries as rooms

blueprint = Blueprint("hours", __name__, url_prefix="/hours")

PURPOSES = ("E", "I", "O", "screening")
_TOPIC = "resource"


@blueprint.get("/<code>", endpoint="week")
@require(Permission.SEE_SCHEDULE)
def show(code: str) -> str:
    """Show the week in which the day of the address lies."""
    with context.transaction() as session:
        room = rooms.room(session, code)
        context.use_site(room.resource.site)
        day = context.day()
        shown = week.week_of(session, room, day - timedelta(days=day.weekday()), now=context.now())
        return render_template(
            "hours/week.html",
            week=shown,
            room=room,
            rooms=rooms.rooms(session, room.resource.site),
            day=day,
            labels=week.labels(),
            row_count=week.ROWS,
            texts=lines.write(shown.hours),
            names=lines.DAYS,
            is_plain=lines.is_plain(shown.hours),
            purposes=PURPOSES,
            one_week=timedelta(days=7),
        )


@blueprint.post("/<code>/closures")
@require(Permission.BOOK)
def close(code: str) -> Response:
    """Close the room; whoever must leave is listed on the page."""
    with context.transaction() as session:
        room = rooms.room(session, code)
        context.use_site(room.resource.site)
        leaving = closing.close(
            session,
            room.id,
            _stretch(),
            request.form.get("reason", ""),
            actor=context.actor(),
            now=context.now(),
        )
        count = sum(exam.room_id == room.id for exam in leaving)
    text = f"{code} is closed then."
    return answers.done(f"{text} {count} exams must move." if count else text, _TOPIC)


@blueprint.post("/<code>/closures/<int:closure_id>/end")
@require(Permission.BOOK)
def reopen(code: str, closure_id: int) -> Response:
    """Take a closure away, or end it now."""
    with context.transaction() as session:
        closing.reopen(session, closure_id, actor=context.actor(), now=context.now())
    return answers.done(f"{code} is open again.", _TOPIC)


@blueprint.post("/<code>/blocks")
@require(Permission.BOOK)
def keep(code: str) -> Response:
    """Keep time for a purpose."""
    purpose = request.form.get("purpose", "")
    if purpose not in PURPOSES:
        raise DomainError("Choose what the time is kept for.")
    with context.transaction() as session:
        room = rooms.room(session, code)
        context.use_site(room.resource.site)
        closing.keep_for(
            session,
            room.id,
            _stretch(),
            purpose,
            release_hours=max(request.form.get("release_hours", 0, type=int), 0),
            actor=context.actor(),
            now=context.now(),
        )
    return answers.done("The time is kept.", _TOPIC)


@blueprint.post("/<code>/blocks/<int:block_id>/end")
@require(Permission.BOOK)
def give_up(code: str, block_id: int) -> Response:
    """Take a block away."""
    with context.transaction() as session:
        closing.give_up(session, block_id, actor=context.actor(), now=context.now())
    return answers.done(f"The time in {code} is everybody's again.", _TOPIC)


@blueprint.post("/<code>/weekly")
@require(Permission.ADMINISTER)
def change(code: str) -> Response:
    """Give the room other weekly hours."""
    with context.transaction() as session:
        room = rooms.room(session, code)
        context.use_site(room.resource.site)
        closing.change_hours(
            session,
            room.id,
            lines.read(request.form),
            actor=context.actor(),
            now=context.now(),
        )
    return answers.done("The hours are changed.", _TOPIC)


def _stretch() -> Interval:
    """Read ``from`` and ``to``, local times of the room's site."""
    return Interval(*(_moment(request.form.get(name, "")) for name in ("from", "to")))


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=context.zone())
    except ValueError as error:
        raise DomainError(f"{text!r} is no time: write it as 2026-11-25T10:20.") from error
