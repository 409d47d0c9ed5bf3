"""Making room for an urgent exam: whom to move, ranked, for a person to accept."""

from datetime import datetime

from flask import Response, make_response, render_template, request

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.language.text import _, ngettext
from worklist.orders import service as orders
from worklist.scheduling import service as scheduling
from worklist.scheduling.displacement import whom_to_move
from worklist.web import answers, context
from worklist.web.permissions import require
from worklist.web.templating import moment


@require(Permission.BOOK)
def choose(exam_id: int) -> Response:
    """Show the ways to begin in time, the least harm first."""
    with context.transaction() as session:
        context.site(session)
        exam = orders.get_exam(session, exam_id)
        template = "exams/displacing_list.html" if answers.is_htmx() else "exams/displacing.html"
        return make_response(
            render_template(
                template, exam=exam, ways=whom_to_move(session, exam, now=context.now())
            )
        )


@require(Permission.BOOK)
def displace(exam_id: int) -> Response:
    """Move those named and give the exam their slot, or change nothing."""
    moved = request.form.getlist("moved", type=int)
    room_id = request.form.get("room_id", type=int)
    try:
        starts_at = datetime.fromisoformat(request.form.get("starts_at", ""))
    except ValueError as error:
        raise DomainError(_("Choose one of the ways shown.")) from error
    if room_id is None or not moved:
        raise DomainError(_("Choose one of the ways shown."))
    with context.transaction() as session:
        context.site(session)
        scheduling.displace(
            session,
            exam_id,
            moved,
            room_id=room_id,
            starts_at=starts_at,
            actor=context.actor(),
            now=context.now(),
        )
    return answers.done(
        ngettext(
            "Booked for %(moment)s. %(num)s exam moved: workers place it anew.",
            "Booked for %(moment)s. %(num)s exams moved: workers place them anew.",
            len(moved),
            moment=moment(starts_at),
        ),
        "exam",
    )
