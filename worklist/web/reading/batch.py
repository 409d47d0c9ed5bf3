"""What is done with several cases of the queue at once: all of them or none."""

from flask import Response, request

from worklist.auth.roles import Permission
from worklist.language.text import _, ngettext
from worklist.reading import assignment, batch
from worklist.web import answers, context
from worklist.web.permissions import require

_TOPIC = "reading"


@require(Permission.READ)
def reserve_several() -> Response:
    """Keep the ticked cases for the reader who asks."""
    with context.transaction() as session:
        kept = batch.reserve(session, _ticked(), context.user(session), now=context.now())
    text = ngettext("%(num)s case is kept for you.", "%(num)s cases are kept for you.", len(kept))
    return answers.done(text, _TOPIC)


@require(Permission.READ)
def release_several() -> Response:
    """Give the ticked cases back."""
    with context.transaction() as session:
        freed = batch.release(session, _ticked(), context.user(session), now=context.now())
    return answers.done(_anybodys(len(freed)), _TOPIC)


@require(Permission.ASSIGN_READING)
def assign_several() -> Response:
    """Give the ticked cases to a reader, or back to everybody."""
    reader_id = request.form.get("reader", type=int)
    with context.transaction() as session:
        user = context.user(session)
        given = batch.assign(session, _ticked(), reader_id, by=user, now=context.now())
        text = _anybodys(len(given))
        if reader_id is not None:
            name = assignment.chosen(session, reader_id).display_name
            text = _("%(number)s given to %(name)s.", number=len(given), name=name)
    return answers.done(text, _TOPIC)


def _ticked() -> list[int]:
    return request.form.getlist("task", type=int)


def _anybodys(number: int) -> str:
    return ngettext(
        "%(num)s case is anybody's again.", "%(num)s cases are anybody's again.", number
    )
