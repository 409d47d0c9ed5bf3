"""Every write to peers: loading the file, editing one, pausing it."""

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.errors import NotFoundError
from worklist.hl7.peers import file
from worklist.hl7.peers.file import PeerEntry
from worklist.hl7.peers.models import Peer


def load_file(session: Session, path: Path, *, actor: str, now: datetime) -> str:
    """Bring the peers to what the file says and return what changed, in words.

    Peers are matched by name. One that the file no longer has is taken out of use, never deleted:
    messages refer to it.

    Raises:
        PeerFileError: the file is wrong; nothing is changed.
    """
    content = file.read(path)
    added, changed = [], []
    for entry in content.peers:
        outcome = save(session, entry, actor=actor, now=now)
        if outcome == "added":
            added.append(entry.name)
        elif outcome:
            changed.append(entry.name)
    kept = {entry.name for entry in content.peers}
    retired = [peer for peer in _all(session) if peer.active and peer.name not in kept]
    for peer in retired:
        peer.active, peer.changed_at = False, now
        audit.record(session, "peer.retired", actor=actor, now=now, peer=peer.name)
    session.flush()
    told = {"added": added, "changed": changed, "taken out of use": [one.name for one in retired]}
    parts = [f"{what}: {', '.join(names)}" for what, names in told.items() if names]
    return "; ".join(parts) or "nothing changed"


def save(session: Session, entry: PeerEntry, *, actor: str, now: datetime) -> str:
    """Add the peer or bring it to ``entry``; returns ``added``, ``changed`` or nothing."""
    values = _columns(entry)
    peer = session.scalar(select(Peer).where(Peer.name == entry.name).with_for_update())
    if peer is None:
        session.add(Peer(**values, changed_at=now))
        outcome, fields = "added", []
    else:
        fields = [key for key, value in values.items() if getattr(peer, key) != value]
        for key in fields:
            setattr(peer, key, values[key])
        outcome = "changed" if fields else ""
        peer.changed_at = now if fields else peer.changed_at
    session.flush()
    if outcome:
        action = f"peer.{outcome}"
        audit.record(session, action, actor=actor, now=now, peer=entry.name, fields=fields)
    return outcome


def pause(session: Session, name: str, *, paused: bool, actor: str, now: datetime) -> Peer:
    """Keep messages to the peer waiting, or let them go again.

    Raises:
        NotFoundError: there is no such peer.
    """
    peer = session.scalar(select(Peer).where(Peer.name == name).with_for_update())
    if peer is None:
        raise NotFoundError(f"There is no peer {name}.")
    if peer.paused != paused:
        peer.paused = paused
        action = "peer.paused" if paused else "peer.resumed"
        audit.record(session, action, actor=actor, now=now, peer=name)
        session.flush()
    return peer


def _columns(entry: PeerEntry) -> dict[str, Any]:
    """Return the entry as the table has it, ``active`` again where it had been retired."""
    return entry.model_dump(mode="json") | {"active": True}


def _all(session: Session) -> list[Peer]:
    return list(session.scalars(select(Peer).order_by(Peer.name)))
