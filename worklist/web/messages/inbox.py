"""``/messages``: what came in, by state, and one message with what became of it."""

from enum import StrEnum
from functools import partial

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from worklist.auth.roles import Permission
from worklist.errors import DomainError, NotFoundError
from worklist.hl7 import browser, correction, process
from worklist.hl7.browser import MessageFilter
from worklist.hl7.models import InboxState
from worklist.hl7.segment_view import readable
from worklist.language.text import _
from worklist.web import answers, context, open_lists, words
from worklist.web.answers import is_htmx
from worklist.web.language import tell
from worklist.web.messages import queries
from worklist.web.permissions import require
from worklist.web.spreadsheet import list_as_file

# What hospitals send, as a help to whoever types a type.
_TYPES = ("ORM^O01", "OMG^O19", "OMI^O23", "ADT^A04", "ADT^A08", "ADT^A40", "ORU^R01", "SIU^S12")


class Tab(StrEnum):
    """A part of the inbox."""

    FAILED = "failed"
    WAITING = "waiting"
    ALL = "all"


_NARROWING = ("type", "patient", "order", "control")
_STATES = {Tab.FAILED: InboxState.FAILED, Tab.WAITING: InboxState.RECEIVED}


@require(Permission.SEE_MESSAGES)
def inbox() -> Response | str:
    """Show a tab of the inbox; htmx gets the list alone, or what news changes of it."""
    tab, sorting = _tab(), queries.received_by(request.args.get("sort", ""))
    wanted, after = _wanted(tab), request.args.get("after", "")
    with context.transaction() as session:
        counts = {one: queries.count(session, state) for one, state in _STATES.items()}
        shown = {"tab": tab, "counts": counts, "mark": open_lists.mark(*counts.values())}
        if seen := open_lists.seen():
            changes = open_lists.changes(
                session,
                browser.search(session, wanted),
                sorting,
                after=after,
                shown=seen.rows.get("message", ()),
                news=seen.news,
            )
            if not changes.is_whole:
                return open_lists.answer(
                    "messages/inbox_changes.html",
                    [changes],
                    is_recounted=seen.mark != shown["mark"],
                    accessions=queries.accessions(session, changes.drawn.values()),
                    **shown,
                )
        page = queries.inbox(session, wanted, sorting, after=after)
        return render_template(
            "messages/inbox_list.html" if is_htmx() else "messages/inbox.html",
            **shown,
            types=_TYPES,
            page=page,
            sorting=sorting,
            is_narrowed=any(request.args.get(name) for name in _NARROWING),
            accessions=queries.accessions(session, page.rows),
        )


@require(Permission.SEE_MESSAGES)
def as_file() -> Response:
    """Return a tab of the inbox, all pages of it, as it is filtered and sorted."""
    wanted, sorting = _wanted(_tab()), queries.received_by(request.args.get("sort", ""))
    heading = (
        _("Received"),
        _("From"),
        _("Facility"),
        _("Type"),
        _("Control id"),
        _("The answer"),
        _("State"),
        _("Place of the error"),
        _("Trouble"),
    )
    return list_as_file(
        "messages-in",
        heading,
        partial(queries.inbox, wanted=wanted, sorting=sorting),
        lambda one: [
            one.received_at,
            one.sending_application or one.peer,
            one.sending_facility,
            one.message_type,
            one.control_id,
            one.acknowledgement_code,
            words.message_state(one.state),
            one.error_location,
            tell(one.error_text),
        ],
    )


@require(Permission.SEE_MESSAGES)
def find() -> AnyResponse:
    """Look a number up and lead to its messages: the address names no patient."""
    text = request.form.get("q", "").strip()
    with context.transaction() as session:
        wanted = queries.find(session, text)
    if wanted is None:
        raise NotFoundError(
            _(
                "No patient number, accession, order number or control id is %(text)s.",
                text=repr(text),
            )
        )
    address = url_for(
        "messages.inbox",
        tab=Tab.ALL,
        patient=wanted.patient_id,
        order=wanted.order_id,
        control=wanted.control_id or None,
    )
    return redirect(address, code=303)


@require(Permission.SEE_MESSAGES)
def show(message_id: int) -> str:
    """Show a message segment by segment, its answer, and what it did."""
    with context.transaction() as session:
        detail = browser.detail(session, message_id)
        return render_template(
            "messages/message.html",
            detail=detail,
            message=detail.message,
            answer=readable(detail.message.acknowledgement)[0].replace("\r", "\n").strip(),
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
    return answers.done(_("The message is processed again."), "message", to=_page_of(message_id))


@require(Permission.ADMINISTER)
def correct(message_id: int) -> Response:
    """Put the text typed in the place of a failed message; that one is kept."""
    with context.transaction() as session:
        corrected = correction.correct(
            session,
            message_id,
            request.form.get("text", ""),
            actor=context.actor(),
            now=context.now(),
            zone=context.zone(),
        )
        address = url_for("messages.show", message_id=corrected.id)
    return answers.done(_("Corrected: this message is processed in its place."), to=address)


def _page_of(message_id: int) -> str | None:
    """Return the message's own page if that is where the button was."""
    return url_for("messages.show", message_id=message_id) if request.form.get("open") else None


def _tab() -> Tab:
    given = request.args.get("tab", Tab.FAILED)
    try:
        return Tab(given)
    except ValueError as error:
        raise DomainError(
            _(
                "%(given)s is not a tab: choose one of %(tab)s.",
                given=repr(given),
                tab=", ".join(Tab),
            )
        ) from error


def _wanted(tab: Tab) -> MessageFilter:
    return MessageFilter(
        control_id=request.args.get("control", "").strip(),
        message_type=request.args.get("type", "").strip(),
        patient_id=request.args.get("patient", type=int),
        order_id=request.args.get("order", type=int),
        state=_STATES.get(tab),
    )
