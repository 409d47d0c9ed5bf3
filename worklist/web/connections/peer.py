"""``/connections/peers/NAME``: how a hospital system is spoken with, and who changed it."""

from dataclasses import replace
from functools import partial
from typing import Any, get_args

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.audit import changes
from worklist.auth.roles import Permission
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.hl7 import character_sets
from worklist.hl7.order_control import OrderAction
from worklist.hl7.outbound import probe
from worklist.hl7.peers import file, queries, service
from worklist.hl7.peers.file import PeerEntry, PeerError
from worklist.hl7.peers.models import (
    AcknowledgementProfile,
    Direction,
    MessageChoice,
    OrderMessage,
    Peer,
    ProcedureMessage,
)
from worklist.language.text import _
from worklist.web import answers, context
from worklist.web.administration.files import changes_as_file
from worklist.web.connections import peer_form
from worklist.web.connections.peer_form import PeerForm
from worklist.web.paging import paginate
from worklist.web.permissions import require

_CHOICES = {
    "direction": list(Direction),
    "sends": [one for one in MessageChoice if one is not MessageChoice.ACKNOWLEDGEMENT],
    "acknowledgement": list(AcknowledgementProfile),
    "order_message": list(OrderMessage),
    "procedure_message": list(ProcedureMessage),
    "action": {
        OrderAction.NEW: _("new order"),
        OrderAction.CHANGE: _("change of the order"),
        OrderAction.CANCEL: _("cancellation"),
        OrderAction.HOLD: _("hold the order"),
        OrderAction.RELEASE: _("release the order"),
        OrderAction.STATUS: _("tell the status"),
        OrderAction.COMPLETE: _("done elsewhere"),
        OrderAction.NUMBER: _("the placer's number"),
    },
    **{
        name: list(get_args(PeerEntry.model_fields[name].annotation))
        for name in ("version", "processing_id")
    },
    "character_set": [*character_sets.KNOWN, *character_sets.JAPANESE],
}


@require(Permission.ADMINISTER)
def new() -> Response:
    """Show the form of a new peer."""
    return _page(peer_form.blank(), None)


@require(Permission.ADMINISTER)
def create() -> Response:
    """Add a peer, or show at each field what is wrong."""
    values, shown = peer_form.read(request.form)
    try:
        entry = _checked(values, shown)
        with context.transaction() as session:
            service.add(session, entry, actor=context.actor(), now=context.now())
    except PeerError as error:
        return _page(replace(shown, problems=error.problems), None)
    return _saved(entry.name)


@require(Permission.SEE_MESSAGES)
def show(name: str) -> Response:
    """Show a peer as it is."""
    with context.transaction() as session:
        peer = peer_named(session, name)
        return _page(peer_form.of_entry(queries.as_entry(peer)), peer, session)


@require(Permission.SEE_MESSAGES)
def history_file(name: str) -> Response:
    """Return who changed the peer, newest first."""
    with context.transaction() as session:
        peer_named(session, name)
    changed = changes.of_thing("peer", name)
    keys = (changes.AdministrativeChange.id,)
    pages = partial(paginate, statement=changed, keys=keys, descending=True)
    return changes_as_file(f"changes-{name}", pages)


@require(Permission.ADMINISTER)
def change(name: str) -> Response:
    """Bring a peer to what the form says, or show at each field what is wrong."""
    values, shown = peer_form.read(request.form)
    with context.transaction() as session:
        peer = peer_named(session, name)
        if request.form.get("changed_at") != peer.changed_at.isoformat():
            raise ConflictError(
                _("%(name)s was changed meanwhile: load the page again and repeat.", name=name)
            )
        # Boxes have no order of their own: what was chosen before keeps its place.
        before = {choice: place for place, choice in enumerate(peer.sends)}
        values["sends"].sort(key=lambda choice: before.get(choice, len(before)))
        try:
            entry = _checked(values | {"name": name}, shown)
            service.save(session, entry, actor=context.actor(), now=context.now())
        except PeerError as error:
            return _page(replace(shown, problems=error.problems), peer, session)
    return _saved(name)


@require(Permission.ADMINISTER)
def use(name: str, wanted: str) -> Response:
    """Take a peer out of use, or into use again."""
    in_use = wanted == "enable"
    with context.transaction() as session:
        service.use(session, name, in_use=in_use, actor=context.actor(), now=context.now())
    text = (
        _("%(name)s is in use again.", name=name)
        if in_use
        else _("%(name)s is out of use; its messages stay.", name=name)
    )
    return answers.done(text, to=url_for("connections.show_peer", name=name))


@require(Permission.ADMINISTER)
def test(name: str) -> Response:
    """Connect to the peer as for a message, and say what came of it."""
    return answers.done(try_peer(name), to=url_for("connections.show_peer", name=name))


def try_peer(name: str) -> str:
    """Connect to the peer as for a message and return what came of it.

    Raises:
        NotFoundError: there is no such peer.
        DomainError: it only sends, or it does not answer.
    """
    with context.transaction() as session:
        entry = queries.as_entry(peer_named(session, name))
    if not entry.is_sent_to:
        raise DomainError(_("%(name)s only sends: there is no address to try.", name=name))
    try:
        return probe.probe(entry)
    except probe.UnreachableError as error:
        raise DomainError(error.text) from error


def _checked(values: dict[str, Any], shown: PeerForm) -> PeerEntry:
    if shown.problems:
        raise PeerError(dict(shown.problems))
    return file.check(values)


def peer_named(session: Session, name: str) -> Peer:
    """Return the peer.

    Raises:
        NotFoundError: there is none of this name.
    """
    peer = session.scalar(select(Peer).where(Peer.name == name))
    if peer is None:
        raise NotFoundError(_("There is no peer %(name)s.", name=name))
    return peer


def _page(form: PeerForm, peer: Peer | None, session: Session | None = None) -> Response:
    text = render_template(
        "connections/peer.html",
        form=form,
        peer=peer,
        choices=_CHOICES,
        history=changes.history(session, "peer", peer.name) if session and peer else (),
    )
    return make_response(text, 422 if form.problems else 200)


def _saved(name: str) -> Response:
    return answers.done(
        _("%(name)s is saved.", name=name), to=url_for("connections.show_peer", name=name)
    )
