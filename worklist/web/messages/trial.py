"""``/messages/try``: what would become of a message, with nothing stored."""

from functools import partial

from flask import render_template, request
from sqlalchemy import select

from worklist.auth.roles import Permission
from worklist.dicom.preview import entry_lines
from worklist.errors import DomainError
from worklist.hl7.correction import in_unicode
from worklist.hl7.dry_run import DryRun, dry_run
from worklist.hl7.peers.models import Peer
from worklist.hl7.segment_view import readable
from worklist.language.text import _
from worklist.web import context
from worklist.web.permissions import require


@require(Permission.SEE_MESSAGES)
def form() -> str:
    """Show the field for the message."""
    return _page(text="", peer="")


@require(Permission.SEE_MESSAGES)
def run() -> str:
    """Show the answer, the order and exams, the findings and the worklist entry."""
    text, peer = request.form.get("text", ""), request.form.get("peer", "")
    found = try_out(text, peer)
    answer = readable(found.answer.content)[0].replace("\r", "\n").strip()
    return _page(text=text, peer=peer, found=found, answer=answer)


def try_out(text: str, peer: str) -> DryRun:
    """Return what would become of a message of this peer.

    Raises:
        DomainError: there is no message.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise DomainError(_("Paste a message, a line for each segment."))
    current = context.current()
    return dry_run(
        current.sessions,
        _as_sent("\r".join(lines) + "\r"),
        now=context.now(),
        zone=context.zone(),
        entry_text=partial(entry_lines, default_zone=current.settings.time_zone),
        peer_name=peer,
    )


def _as_sent(text: str) -> bytes:
    """Return the bytes of the text; what is not a message is tried as it is."""
    try:
        return in_unicode(text)
    except DomainError:
        return text.encode()


def _page(**shown: object) -> str:
    with context.transaction() as session:
        peers = session.scalars(select(Peer.name).where(Peer.active).order_by(Peer.name)).all()
    return render_template("messages/try.html", peers=peers, **shown)
