"""What a reader does with a case: claim it, give it back, say it is read, go to the next."""

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from worklist.auth.models import User
from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.reading import reports, service
from worklist.reading.models import ReadingTask
from worklist.web import answers, context
from worklist.web.permissions import require
from worklist.web.reading.narrowing import carried, next_selection

_TOPIC = "reading"
_WRITERS = {
    "preliminary": (reports.write_preliminary, _("Kept as a preliminary report.")),
    "final": (reports.sign, _("Signed.")),
    "final_next": (reports.sign, _("Signed.")),
    "addendum": (reports.add, _("Added to the report.")),
}


@require(Permission.READ)
def claim(task_id: int) -> Response:
    """Take the case; with ``open`` show it."""
    with context.transaction() as session:
        service.claim(session, task_id, context.user(session), now=context.now())
    return answers.done(_("The case is yours: it is under “Mine”."), _TOPIC, to=_shown(task_id))


@require(Permission.READ)
def release(task_id: int) -> Response:
    """Give the case back."""
    with context.transaction() as session:
        service.release(session, task_id, context.user(session), now=context.now())
    return answers.done(_("The case is back in the queue."), _TOPIC, to=_shown(task_id))


@require(Permission.READ)
def finish(task_id: int) -> Response:
    """Note that the case is read; with ``next`` go to the next one, else to the queue."""
    with context.transaction() as session:
        reader = context.user(session)
        task = service.finish(session, task_id, reader, now=context.now())
        if request.form.get("next"):
            following = _take_next(session, reader, after=task)
            return _open(following, _("Read. This is the next case."))
    return answers.done(_("The case is read."), _TOPIC, to=_queue())


@require(Permission.READ)
def report(task_id: int) -> Response:
    """Keep what the reader wrote; after ``final_next`` go to the next case."""
    kind, content = request.form.get("kind", ""), request.form.get("content", "")
    if kind not in _WRITERS:
        raise DomainError(
            _(
                "%(kind)s is not a kind of report: %(writers)s are.",
                kind=repr(kind),
                writers=", ".join(_WRITERS),
            )
        )
    write, text = _WRITERS[kind]
    with context.transaction() as session:
        reader = context.user(session)
        write(session, task_id, reader, content, now=context.now())
        if kind == "final_next":
            task = service.get(session, task_id)
            return _open(
                _take_next(session, reader, after=task),
                _("%(text)s This is the next case.", text=text),
            )
    return answers.done(text, _TOPIC, to=_case(task_id))


@require(Permission.READ)
def next_case() -> Response:
    """Open the most urgent case that is free; with ``after`` give that one back first."""
    after = request.form.get("after", type=int)
    with context.transaction() as session:
        reader = context.user(session)
        left = service.give_up(session, after, reader, now=context.now()) if after else None
        following = _take_next(session, reader, after=left)
    return _open(following, _("This is the next case."))


@require(Permission.READ)
def renew(task_id: int) -> Response:
    """Keep the claim of a page that is open; a page that has lost it looks again."""
    with context.transaction() as session:
        kept = service.renew(session, task_id, context.user(session), now=context.now())
    response = Response(status=answers.NO_CONTENT)
    if not kept:
        response.headers["HX-Trigger"] = _TOPIC
    return response


@require(Permission.READ)
def leave(task_id: int) -> Response:
    """Let the claim of a page that was closed end soon."""
    with context.transaction() as session:
        service.leave(session, task_id, context.user(session), now=context.now())
    return Response(status=answers.NO_CONTENT)


def _take_next(session: Session, reader: User, *, after: ReadingTask | None) -> ReadingTask | None:
    return service.claim_next(session, reader, next_selection(), now=context.now(), after=after)


def _open(task: ReadingTask | None, text: str) -> Response:
    if task is None:
        return answers.done(_("Nothing else waits to be read here."), _TOPIC, to=_queue())
    return answers.done(text, to=_case(task.id))


def _shown(task_id: int) -> str | None:
    """Return where a case's own page goes on; the queue stays where it is."""
    return _case(task_id) if request.form.get("open") else None


def _case(task_id: int) -> str:
    return url_for("reading.show", task_id=task_id, **carried())


def _queue() -> str:
    return url_for("reading.queue", **carried())
