"""``/messages/outbox``: what goes out, to whom, and how deliveries go."""

from collections.abc import Iterable
from functools import partial

from flask import Response, current_app, render_template, request, url_for
from markupsafe import Markup

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.hl7.errors import MessageError
from worklist.hl7.message import parse
from worklist.hl7.models import OutboxState
from worklist.hl7.outbound import queries, service
from worklist.hl7.segment_view import SegmentView, segment_views
from worklist.language.text import _, ngettext
from worklist.web import answers, context, parts, words
from worklist.web.answers import is_htmx
from worklist.web.connections import peers
from worklist.web.language import tell
from worklist.web.messages import queries as messages
from worklist.web.parts import Part
from worklist.web.permissions import require
from worklist.web.spreadsheet import list_as_file

_ROWS, _ROW = "messages/outbox_rows.html", "sent-"  # the template of the list; what a row is called


@require(Permission.SEE_MESSAGES)
def outbox() -> Response | str:
    """Show the peers and the messages for them; htmx gets the lists alone, or what differs."""
    wanted, sorting = _wanted(), messages.sent_by(request.args.get("sort", ""))
    with context.transaction() as session:
        page = messages.outbox(session, wanted, sorting, after=request.args.get("after", ""))
        of_peers = peers.page(session, peers.sorting(""), after=request.args.get("peers", ""))
        rows = _rows(page.rows)
        known = parts.shown()
        lists = parts.draw(
            {"outbox-peers": "messages/outbox_peers.html", "outbox-rows": _ROWS},
            peers=of_peers,
            page=page,
            rows=rows,
            kept={one.id for one in rows if known.get(one.id) == one.mark},
            sorting=sorting,
            state=wanted.state,
            has_peers=bool(of_peers.rows),
        )
        if known:
            is_moved = [one.id for one in rows] != [one for one in known if one.startswith(_ROW)]
            return parts.answer(lists if is_moved or not rows else [lists[0], *rows])
        return render_template(
            "messages/outbox_list.html" if is_htmx() else "messages/outbox.html",
            parts=lists,
            names=queries.names(session),
            states=list(OutboxState),
            state=wanted.state,
        )


def _rows(lines: Iterable[queries.OutboxLine]) -> list[Part]:
    template = current_app.jinja_env.get_template("messages/outbox_row.html")
    element = Markup('<tr id="{}" data-href="{}" data-part="{}">{}</tr>')
    found = []
    for line in lines:
        name, address = f"{_ROW}{line.id}", url_for("messages.show_sent", message_id=line.id)
        cells = Markup(template.render(line=line, address=address))  # noqa: S704 - a template escapes
        mark = parts.mark(cells)
        found.append(Part(name, element.format(name, address, mark, cells), mark))
    return found


@require(Permission.SEE_MESSAGES)
def as_file() -> Response:
    """Return the messages that go out, all pages of them, as they are filtered and sorted."""
    wanted, sorting = _wanted(), messages.sent_by(request.args.get("sort", ""))
    heading = (
        _("Written"),
        _("To"),
        _("Type"),
        _("Because of"),
        _("Control id"),
        _("State"),
        _("Tries"),
        _("Trouble"),
    )
    return list_as_file(
        "messages-out",
        heading,
        partial(messages.outbox, wanted=wanted, sorting=sorting),
        lambda one: [
            one.created_at,
            one.destination,
            one.message_type,
            words.word(one.action),
            one.control_id,
            words.message_state(one.state),
            one.attempts,
            tell(one.error_text),
        ],
    )


@require(Permission.SEE_MESSAGES)
def show_sent(message_id: int) -> str:
    """Show one outgoing message and its answer."""
    with context.transaction() as session:
        sent = queries.message(session, message_id)
    return render_template(
        "messages/sent.html",
        message=sent,
        text=sent.text.replace("\r", "\n").strip("\n"),
        segments=_segments(sent.text),
        answer=sent.answer.replace("\r", "\n").strip("\n"),
    )


@require(Permission.ADMINISTER)
def replay_sent(message_id: int) -> Response:
    """Write the message anew and send it."""
    with context.transaction() as session:
        again = service.replay(
            session,
            message_id,
            actor=context.actor(),
            now=context.now(),
            zone=context.zone(),
        )
        address = url_for("messages.show_sent", message_id=again.id)
    return answers.done(_("Written anew: this one will be sent."), to=address)


@require(Permission.ADMINISTER)
def discard(message_id: int) -> Response:
    """Give a waiting message up."""
    with context.transaction() as session:
        service.discard(session, message_id, actor=context.actor(), now=context.now())
    address = url_for("messages.show_sent", message_id=message_id)
    return answers.done(_("Given up: those behind it go on."), to=address)


@require(Permission.ADMINISTER)
def retry() -> Response:
    """Try what waits for a peer at once."""
    peer = request.form.get("peer", "")
    with context.transaction() as session:
        number = service.retry_now(session, peer, actor=context.actor(), now=context.now())
    return answers.done(
        ngettext(
            "%(num)s message for %(peer)s is tried now.",
            "%(num)s messages for %(peer)s are tried now.",
            number,
            peer=peer,
        ),
        "outbox",
    )


def _segments(text: str) -> list[SegmentView]:
    try:
        return segment_views(parse(text))
    except MessageError:
        return []  # one that could not be written has no text


def _wanted() -> queries.OutboxFilter:
    """Return which messages the address asks for."""
    return queries.OutboxFilter(
        state=_state(),
        destination=request.args.get("peer", ""),
        control_id=request.args.get("control", "").strip(),
    )


def _state() -> OutboxState | None:
    given = request.args.get("state")
    try:
        return OutboxState(given) if given else None
    except ValueError as error:
        known = ", ".join(OutboxState)
        raise DomainError(
            _("%(given)s is not a state: choose one of %(known)s.", given=repr(given), known=known)
        ) from error
