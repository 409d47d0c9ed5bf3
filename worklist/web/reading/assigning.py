"""Whom a case is for: reserving, assigning, asking the technologists for more images."""

from flask import Response, abort, request, url_for

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.reading import assignment, pending
from worklist.web import answers, context
from worklist.web.permissions import may, require
from worklist.web.reading.narrowing import carried

_TOPIC = "reading"


@require(Permission.READ)
def reserve(task_id: int) -> Response:
    """Keep the case for the reader who asks."""
    with context.transaction() as session:
        assignment.reserve(session, task_id, context.user(session), now=context.now())
    return answers.done(_("Kept for you until it is due: it is under “Mine”."), _TOPIC)


@require(Permission.READ)
def give_back(task_id: int) -> Response:
    """Let the case be anybody's again."""
    with context.transaction() as session:
        assignment.give_back(session, task_id, context.user(session), now=context.now())
    return answers.done(_("The case is anybody's again."), _TOPIC)


@require(Permission.ASSIGN_READING)
def assign(task_id: int) -> Response:
    """Give the case to a reader, or back to everybody."""
    reader_id = request.form.get("reader", type=int)
    with context.transaction() as session:
        user = context.user(session)
        task = assignment.assign(session, task_id, reader_id, by=user, now=context.now())
        reader = task.assigned_to if reader_id else None
        text = (
            _("Given to %(name)s.", name=reader.display_name)
            if reader
            else _("The case is anybody's again.")
        )
    return answers.done(text, _TOPIC)


@require(Permission.READ)
def ask_for_more(task_id: int) -> Response:
    """Send the case back to the technologists with what is missing."""
    reason = request.form.get("reason", "")
    with context.transaction() as session:
        pending.ask_for_more(session, task_id, context.user(session), reason, now=context.now())
    text = _("The technologists are asked. The case comes back to you.")
    return answers.done(text, _TOPIC, to=url_for("reading.queue", **carried()))


def resolve(task_id: int) -> Response:
    """Say what came of it: a reader or a technologist does."""
    if not (may(Permission.READ) or may(Permission.PERFORM)):
        abort(403)
    answer = request.form.get("answer", "")
    with context.transaction() as session:
        pending.resolve(session, task_id, answer, actor=context.actor(), now=context.now())
    return answers.done(_("The case is back in the reading queue."), _TOPIC)
