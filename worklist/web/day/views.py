"""``/day``: the front desk's home, where orders meet the day."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, timedelta
from functools import cache
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.assessment import assess
from worklist.scheduling.intervals import Interval
from worklist.web import context
from worklist.web.arrivals.queries import MISSING_AFTER
from worklist.web.day import board as arranging
from worklist.web.day import grid, queries
from worklist.web.day.queries import BoardRoom
from worklist.web.exams import slots
from worklist.web.language import tell
from worklist.web.permissions import require
from worklist.web.rooms import queries as rooms_queries

blueprint = Blueprint("day", __name__, url_prefix="/day")


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


def _shown(session: Session) -> dict[str, Any]:
    """Return what the templates draw."""
    site, day = context.site(session), context.day()
    bounds = Interval(*(one.astimezone(UTC) for one in context.day_bounds(day)))
    rooms = queries.rooms_of_day(session, site.id, bounds)
    modality = request.args.get("modality", "")
    exams = queries.exams_of_day(session, site.id, bounds)
    waiting, waiting_count = queries.tray(session, modality or None)
    chosen = [code for code in request.args.get("rooms", "").split(",") if code]
    shown = arranging.arrange(
        [
            one
            for one in rooms
            if (not modality or modality in one.room.modalities)
            and (not chosen or one.room.code in chosen)
        ],
        exams,
        bounds,
        now=context.now(),
        whole_day=request.args.get("hours") == "all",
    )
    return {
        "site": site,
        "day": day,
        "previous": day - timedelta(days=1),
        "following": day + timedelta(days=1),
        "today": context.today(),
        "modality": modality,
        "rooms": [one.room.code for one in rooms],
        "chosen": chosen,
        "modalities": _modalities(rooms),
        "sites": rooms_queries.sites(session),
        "board": shown,
        "labels": shown.axis.labels(context.zone()),
        "now_at": shown.axis.place(context.now(), context.now() + timedelta(minutes=1)),
        "missing_before": context.now() - MISSING_AFTER,
        "waiting": waiting,
        "waiting_count": waiting_count,
    }


def _modalities(rooms: Sequence[BoardRoom]) -> list[str]:
    return list(dict.fromkeys(one for room in rooms for one in room.room.modalities))


@cache
def _stylesheet_address() -> str:
    digest = hashlib.sha256(grid.stylesheet().encode()).hexdigest()[:12]
    return url_for("day.stylesheet", v=digest)
