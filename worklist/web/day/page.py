"""``/day``: the front desk's home, where orders meet the day."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.assessment import assess
from worklist.scheduling.intervals import Interval, whole_day
from worklist.web import answers, context
from worklist.web.day import board as arranging
from worklist.web.day import grid, news, queries
from worklist.web.day.board import Count
from worklist.web.day.faces import Faces
from worklist.web.day.grid import Axis
from worklist.web.day.news import Changed, Seen
from worklist.web.day.queries import BoardRoom
from worklist.web.exams import slots
from worklist.web.language import tell
from worklist.web.permissions import require
from worklist.web.rooms import queries as rooms_queries
from worklist.web.rooms.lanes import MISSING_AFTER
from worklist.web.templating import clock

blueprint = Blueprint("day", __name__, url_prefix="/day")
_QUERY = ("site", "day", "modality", "rooms", "hours")  # what a board's address may say


@blueprint.get("")
@require(Permission.SEE_SCHEDULE)
def board() -> str:
    """Show the day, whole page."""
    with context.transaction() as session:
        return render_template("day/page.html", **_shown(session), styles=_stylesheet_address())


@blueprint.get("/board")
@require(Permission.SEE_SCHEDULE)
def part() -> str:
    """Show the board and the tray alone: what is looked at again when something changes."""
    with context.transaction() as session:
        return render_template("day/board.html", **_shown(session))


@blueprint.get("/cells")
@require(Permission.SEE_SCHEDULE)
def cells() -> Response | str:
    """Show the columns and the tray anew that news of some exams changes."""
    with context.transaction() as session:
        site, bounds = context.site(session), _bounds()
        seen = Seen.read(request.args, bounds)
        changed = seen and news.changed(
            session, seen, site_id=site.id, day=bounds, modality=_modality(), chosen=_chosen()
        )
        if seen is None or changed is None:
            # It has to look at everything again.
            return Response(status=answers.NO_CONTENT, headers={"HX-Trigger": "again"})
        if not changed:
            return Response(status=answers.NO_CONTENT)
        return render_template("day/cells.html", **_changed(session, site.id, seen, changed))


@blueprint.get("/candidates/<int:exam_id>")
@require(Permission.BOOK)
def candidates(exam_id: int) -> Response:
    """Tell a card that is being dragged how long it is and which rooms may take it."""
    with context.transaction() as session:
        exam = session.get(ScheduledProcedureStep, exam_id)
        if exam is None:
            raise NotFoundError(_("There is no exam %(exam_id)s.", exam_id=exam_id))
        assessment = assess(session, exam, now=context.now())
        refused = [one.text for one in assessment.blocks]
        refused += [
            _("To be answered first: %(question)s", question=one.question)
            for one in assessment.holds
        ]
        return jsonify(
            minutes=assessment.plan.room_minutes,
            refused=tell(refused[0]) if refused else "",
            rooms={
                str(one.room.id): " ".join(map(tell, one.obstacles))
                for one in assessment.candidates
            },
            others=tell(_("This room does not do %(modality)s.", modality=exam.modality)),
        )


@blueprint.post("/place")
@require(Permission.BOOK)
def place() -> Response:
    """Book the exam that was dropped on the board."""
    return slots.book(request.form.get("exam_id", 0, type=int))


@blueprint.get("/grid.css")
def stylesheet() -> Response:
    """Serve the classes of the board's positions."""
    response = Response(grid.stylesheet(), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _board_page(**changes: str | None) -> str:
    """Return the address of the page that this board is on, with some of its query changed."""
    query: dict[str, Any] = {name: request.args.get(name) for name in _QUERY} | changes
    return url_for("day.board", **query)


def _bounds() -> Interval:
    return whole_day(context.day(), context.zone())


def _modality() -> str:
    return request.args.get("modality", "")


def _chosen() -> list[str]:
    return [code for code in request.args.get("rooms", "").split(",") if code]


def _shown(session: Session) -> dict[str, Any]:
    """Return what the templates of the whole board draw."""
    site, day, bounds = context.site(session), context.day(), _bounds()
    rooms = queries.rooms_of_day(session, site.id, bounds)
    modality, chosen = _modality(), _chosen()
    wanted = [
        one
        for one in rooms
        if (not modality or modality in one.room.modalities)
        and (not chosen or one.room.code in chosen)
    ]
    exams = queries.exams_of_day(session, [one.room.id for one in wanted], bounds)
    shown = arranging.arrange(
        wanted, exams, bounds, now=context.now(), whole_day=request.args.get("hours") == "all"
    )
    return {
        **_cards(shown.axis),
        **_tray(session),
        "site": site,
        "previous": day - timedelta(days=1),
        "following": day + timedelta(days=1),
        "modality": modality,
        "rooms": [one.room.code for one in rooms],
        "chosen": chosen,
        "modalities": _modalities(rooms),
        "sites": rooms_queries.sites(session),
        "board": shown,
        "labels": shown.axis.labels(context.zone()),
        "twice": {row: clock(one) for row, one in shown.axis.repeated(context.zone()).items()},
        "count": shown.count,
    }


def _changed(session: Session, site_id: int, seen: Seen, changed: Changed) -> dict[str, Any]:
    """Return what the template of changed cells draws."""
    bounds = _bounds()
    exams = queries.exams_of_day(session, changed.rooms, bounds)
    return {
        **_cards(seen.axis),
        **(_tray(session) if changed.tray else {}),
        "columns": [
            arranging.column(
                one, [exam for exam in exams if exam.room_id == one.room.id], seen.axis, bounds
            )
            for one in queries.rooms_of_day(session, site_id, bounds, changed.rooms)
        ],
        "rows": seen.axis.rows,
        "count": Count(
            len(seen.columns),
            *queries.count_of_day(session, seen.columns, bounds, seen.axis.stretch),
        ),
    }


def _cards(axis: Axis) -> dict[str, Any]:
    """Return what every card and column is drawn with."""
    now = context.now()
    return {
        "day": context.day(),
        "today": context.today(),
        "face_of": Faces(now - MISSING_AFTER).of,
        "now_at": axis.place(now, now + timedelta(minutes=1)),
        "board_page": _board_page,
    }


def _tray(session: Session) -> dict[str, Any]:
    waiting, count = queries.tray(session, _modality() or None)
    return {"waiting": waiting, "waiting_count": count}


def _modalities(rooms: Sequence[BoardRoom]) -> list[str]:
    return list(dict.fromkeys(one for room in rooms for one in room.room.modalities))


@cache
def _stylesheet_address() -> str:
    digest = hashlib.sha256(grid.stylesheet().encode()).hexdigest()[:12]
    return url_for("day.stylesheet", v=digest)
