"""Giving an exam a room and a time by hand: free slots to choose from, or one typed in."""

from datetime import datetime, time

from flask import Response, make_response, render_template, request
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.catalogue.models import Room
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling import service as scheduling
from worklist.scheduling.assessment import assess
from worklist.scheduling.search import find_slots, slots_around
from worklist.scheduling.slots import Slot
from worklist.scheduling.standing import read_standing
from worklist.web import answers, context, spreadsheet
from worklist.web.day_parts import USUAL, between, choices
from worklist.web.permissions import require
from worklist.web.templating import moment
from worklist.web.times import read_moment

_CONFLICT = 409


@require(Permission.BOOK)
def choose(exam_id: int) -> Response:
    """Show free slots, from a day on and in one room where the form says so."""
    with context.transaction() as session:
        context.site(session)
        exam = orders.get_exam(session, exam_id)
        return _list(session, exam, _wanted_slots(session, exam))


@require(Permission.BOOK)
def as_file(exam_id: int) -> Response:
    """Return the free slots that the form's search finds as a file."""
    with context.transaction() as session:
        context.site(session)
        found = _wanted_slots(session, orders.get_exam(session, exam_id))
    heading = (_("Start"), _("Ends"), _("Room"), _("Name"))
    rows = ((one.starts_at, one.ends_at, one.room_code, one.room_name) for one in found)
    return spreadsheet.as_file(f"slots-{exam_id}", heading, rows)


@require(Permission.BOOK)
def book(exam_id: int) -> Response:
    """Book the slot; one that is gone meanwhile gives fresh ones and keeps what was typed."""
    try:
        with context.transaction() as session:
            context.site(session)
            exam = orders.get_exam(session, exam_id, version=context.version())
            room_id, starts_at = _chosen()
            placement = scheduling.book(
                session,
                exam,
                room_id=room_id,
                starts_at=starts_at,
                actor=context.actor(),
                now=context.now(),
            )
            text = _(
                "Booked: %(room)s, %(moment)s.",
                room=placement.explanation["chosen"]["room"],
                moment=moment(starts_at),
            )
    except scheduling.SlotTakenError as error:
        return _taken(exam_id, error)
    return answers.done(text, "exam")


def _taken(exam_id: int, error: scheduling.SlotTakenError) -> Response:
    with context.transaction() as session:
        exam = orders.get_exam(session, exam_id)
        response = _list(session, exam, error.alternatives, problem=str(error))
    response.status_code = _CONFLICT
    if answers.is_htmx():
        response.headers["HX-Retarget"] = "#dialog-content"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _list(
    session: Session, exam: ScheduledProcedureStep, slots: list[Slot], *, problem: str = ""
) -> Response:
    assessment = assess(session, exam, now=context.now())
    template = "exams/slots_list.html" if answers.is_htmx() else "exams/slots.html"
    return make_response(
        render_template(
            template,
            exam=exam,
            slots=slots,
            assessment=assessment,
            problem=problem,
            typed=request.values,
            parts=choices(),
            sites={one.room.resource.site for one in assessment.eligible},
        )
    )


def _wanted_slots(session: Session, exam: ScheduledProcedureStep) -> list[Slot]:
    """Search as the form says: the first free ones, in a part of the day, or around a time."""
    room_id = request.args.get("room_id", type=int)
    if room_id is not None and session.get(Room, room_id) is None:
        raise DomainError(_("There is no such room."))
    around = request.args.get("around", "")
    if around:
        wanted = datetime.combine(context.day(), _time(around), tzinfo=context.zone())
        return slots_around(session, exam, wanted, now=context.now(), room_id=room_id)
    return find_slots(
        session,
        exam,
        now=context.now(),
        from_=context.day_bounds(context.day())[0] if request.args.get("day") else None,
        room_id=room_id,
        site_id=request.args.get("site_id", type=int),
        day_part=between(
            request.args.get("part", USUAL), exam.order, read_standing(session).policy
        ),
    )


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise DomainError(
            _("%(text)s is not a time of day: write it as 10:20.", text=text)
        ) from error


def _chosen() -> tuple[int, datetime]:
    """Read the room and the start, an instant or a local time of the site."""
    room_id = request.form.get("room_id", type=int)
    text = request.form.get("starts_at", "")
    if room_id is None or not text:
        raise DomainError(_("Choose a room and a time."))
    return room_id, read_moment(text)
