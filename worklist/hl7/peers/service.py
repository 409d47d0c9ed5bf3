"""Every write to peers: loading the file, editing one, taking it out of use, pausing it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.audit import changes
from worklist.audit import service as audit
from worklist.errors import ConflictError, NotFoundError
from worklist.hl7.peers import bearer_token, file
from worklist.hl7.peers.bearer_token import TokenFileError
from worklist.hl7.peers.file import PeerEntry
from worklist.hl7.peers.models import Peer
from worklist.language.text import _

_KIND = "peer"


def load_file(
    session: Session, path: Path, *, actor: str, now: datetime, overwrite: bool = False
) -> str:
    """Bring the peers to what the file says and return what changed, in words.

    Peers are matched by name. One that the file does not have is taken out of use, never deleted:
    messages refer to it. What a person changed on the page is overwritten only on demand: the
    rows are the truth, the file is a way to carry them.

    Raises:
        PeerFileError: the file is wrong; nothing is changed.
        ConflictError: it would overwrite what was changed on the page; nothing is changed.
    """
    content = file.read(path)
    _require_tokens(path, content.peers)
    present = {peer.name: peer for peer in _all(session)}
    kept = {entry.name for entry in content.peers}
    retired = [peer for peer in present.values() if peer.active and peer.name not in kept]
    differing = [present[one.name] for one in content.peers if _differs(present.get(one.name), one)]
    if not overwrite:
        _refuse_overwriting(session, [*differing, *retired])
    told: dict[str, list[str]] = {"added": [], "changed": []}
    for entry in content.peers:
        outcome = save(session, entry, actor=actor, now=now)
        if outcome:
            told[outcome].append(entry.name)
    for peer in retired:
        use(session, peer.name, in_use=False, actor=actor, now=now)
    told["taken out of use"] = [one.name for one in retired]
    parts = [f"{what}: {', '.join(names)}" for what, names in told.items() if names]
    return "; ".join(parts) or "nothing changed"


def add(session: Session, entry: PeerEntry, *, actor: str, now: datetime) -> None:
    """Add a peer.

    Raises:
        PeerError: its name is taken, or its token cannot be used.
    """
    if session.scalar(select(Peer.id).where(Peer.name == entry.name)) is not None:
        raise file.PeerError({"name": "another peer has this name, maybe one out of use"})
    save(session, entry, actor=actor, now=now)


def save(session: Session, entry: PeerEntry, *, actor: str, now: datetime) -> str:
    """Add the peer or bring it to ``entry``; returns ``added``, ``changed`` or nothing.

    It is in use then. The history keeps each field before and after.

    Raises:
        PeerError: the file of its token cannot be used.
    """
    _require_token(entry)
    values = _columns(entry)
    peer = session.scalar(select(Peer).where(Peer.name == entry.name).with_for_update())
    before = None if peer is None else {key: getattr(peer, key) for key in values}
    change = changes.record(session, _KIND, entry.name, before, values, actor=actor, now=now)
    if change is None:
        return ""
    if peer is None:
        session.add(Peer(**values, changed_at=now))
    else:
        for key in change.names:
            setattr(peer, key, values[key])
        peer.changed_at = now
    session.flush()
    outcome = "added" if peer is None else "changed"
    fields = change.names if peer else []
    audit.record(session, f"peer.{outcome}", actor=actor, now=now, peer=entry.name, fields=fields)
    return outcome


def use(session: Session, name: str, *, in_use: bool, actor: str, now: datetime) -> Peer:
    """Take a peer out of use, or into use again; what it is told meanwhile is not made.

    Raises:
        NotFoundError: there is no such peer.
    """
    peer = _locked(session, name)
    if peer.active != in_use:
        _keep(session, peer, {"active": in_use}, actor=actor, now=now)
        peer.active, peer.changed_at = in_use, now
        action = "peer.restored" if in_use else "peer.retired"
        audit.record(session, action, actor=actor, now=now, peer=name)
        session.flush()
    return peer


def pause(session: Session, name: str, *, paused: bool, actor: str, now: datetime) -> Peer:
    """Keep messages to the peer waiting, or let them go again.

    Raises:
        NotFoundError: there is no such peer.
    """
    peer = _locked(session, name)
    if peer.paused != paused:
        _keep(session, peer, {"paused": paused}, actor=actor, now=now)
        peer.paused = paused
        action = "peer.paused" if paused else "peer.resumed"
        audit.record(session, action, actor=actor, now=now, peer=name)
        session.flush()
    return peer


def _require_tokens(path: Path, entries: Sequence[PeerEntry]) -> None:
    for entry in entries:
        try:
            _require_token(entry)
        except file.PeerError as error:
            raise file.PeerFileError(f"{path}: {entry.name}: {error.text}") from error


def _require_token(entry: PeerEntry) -> None:
    """Refuse at once what a delivery would fail of later."""
    if not entry.token_file:
        return
    try:
        bearer_token.read(Path(entry.token_file))
    except TokenFileError as error:
        raise file.PeerError({"token_file": error.text}) from error


def _columns(entry: PeerEntry) -> dict[str, Any]:
    """Return the entry as the table has it, ``active`` again where it had been retired."""
    return entry.model_dump(mode="json") | {"active": True}


def _differs(peer: Peer | None, entry: PeerEntry) -> bool:
    values = _columns(entry)
    return peer is not None and any(getattr(peer, key) != value for key, value in values.items())


def _refuse_overwriting(session: Session, peers: Sequence[Peer]) -> None:
    theirs = changes.changed_by_people(session)
    edited = [
        f"{peer.name} by {theirs[key]}" for peer in peers if (key := (_KIND, peer.name)) in theirs
    ]
    if edited:
        raise ConflictError(
            _(
                "Changed on the page since: %(edited)s. Write the present peers with `worklist "
                "hl7 peers save FILE` and edit that, or load with --overwrite.",
                edited=", ".join(edited),
            )
        )


def _keep(
    session: Session, peer: Peer, after: Mapping[str, bool], *, actor: str, now: datetime
) -> None:
    before = {name: getattr(peer, name) for name in after}
    changes.record(session, _KIND, peer.name, before, after, actor=actor, now=now)


def _locked(session: Session, name: str) -> Peer:
    peer = session.scalar(select(Peer).where(Peer.name == name).with_for_update())
    if peer is None:
        raise NotFoundError(_("There is no peer %(name)s.", name=name))
    return peer


def _all(session: Session) -> list[Peer]:
    return list(session.scalars(select(Peer).order_by(Peer.name)))
