"""``/messages``: what came in, by state, and one message with what became of it."""

from typing import Any

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from worklist.auth.roles import Permission
from worklist.errors import DomainError, NotFoundError
from worklist.hl7 import process
from worklist.web import answers, context
from worklist.web.answers import is_htmx
from worklist.web.messages import queries, segments
from worklist.web.messages.queries import Tab, Wanted
from worklist.web.permissions import require

# What hospitals send, as a help to whoever types a type.
_TYPES = ("ORM^O01", "OMG^O19", "OMI^O23", "ADT^A04", "ADT^A08", "ADT^A40", "ORU^R01", "SIU^S12")


@require(Permission.SEE_MESSAGES)
def inbox() -> str:
    """Show a tab of the inbox; htmx gets the list alone."""
    with context.transaction() as session:
        page = queries.messages(session, _tab(), _wanted(), after=request.args.get("after", ""))
        return render_template(
            "messages/inbox_list.html" if is_htmx() else "messages/inbox.html",
            tab=_tab(),
            counts=queries.counts(session),
            types=_TYPES,
            page=page,
            accessions=queries.accessions(session, page.rows),
        )


@require(Permission.SEE_MESSAGES)
def find() -> AnyResponse:
    """Look a number up and lead to its messages: the address names no patient."""
    text = request.form.get("q", "").strip()
    with context.transaction() as session:
        wanted = queries.find(session, text)
    if wanted is None:
        raise NotFoundError(
            f"No patient number, accession, order number or control id is {text!r}."
        )
    address: dict[str, Any] = {
        "patient": wanted.patient_id,
        "order": wanted.order_id,
        "control": wanted.control_id or None,
    }
    return redirect(url_for("messages.inbox", tab=Tab.ALL, **address), code=303)


@require(Permission.SEE_MESSAGES)
def show(message_id: int) -> str:
    """Show a message segment by segment, its answer, and what it did."""
    with context.transaction() as session:
        received = queries.message(session, message_id)
        text = segments.as_text(received.raw)
        answer = segments.as_text(received.acknowledgement)
        return render_template(
            "messages/message.html",
            message=received,
            text=text,
            segments=segments.shown(text, received.error_location),
            answer=answer,
            about=queries.about(session, received),
        )


@require(Permission.ADMINISTER)
def replay(message_id: int) -> Response:
    """Have a failed message processed again."""
    with context.transaction() as session:
        process.replay(
            session,
            message_id,
            actor=context.actor(),
            now=context.now(),
            zone=context.zone(),
        )
    return answers.done("The message is processed again.", "message", to=_page_of(message_id))


def _page_of(message_id: int) -> str | None:
    """Return the message's own page if that is where the button was."""
    return url_for("messages.show", message_id=message_id) if request.form.get("open") else None


def _tab() -> Tab:
    given = request.args.get("tab", Tab.FAILED)
    try:
        return Tab(given)
    except ValueError as error:
        raise DomainError(f"{given!r} is no tab: choose one of {', '.join(Tab)}.") from error


def _wanted() -> Wanted:
    return Wanted(
        control_id=request.args.get("control", "").strip(),
        message_type=request.args.get("type", "").strip().upper(),
        patient_id=request.args.get("patient", type=int),
        order_id=request.args.get("order", type=int),
    )
