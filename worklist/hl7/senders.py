"""Whose profile a message is read by: the peer that its header and address name."""

import time
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from worklist.hl7 import decode
from worklist.hl7.message import Segment, parse_header
from worklist.hl7.peers import queries
from worklist.hl7.peers.file import PeerEntry
from worklist.hl7.peers.models import Peer


@dataclass(slots=True)
class _Known:
    """The peers of a database as last read, with the marks that tell whether they still are."""

    marks: tuple[tuple[int, datetime], ...] = ()
    entries: tuple[PeerEntry, ...] = ()
    looked_at: float = float("-inf")


@dataclass(slots=True)
class _Memory:
    """What this process knows, by database, and for how long it believes it."""

    known: WeakKeyDictionary[Engine, _Known]
    seconds: float = 0.0


_memory = _Memory(WeakKeyDictionary())


def remember_for(seconds: float) -> None:
    """Look at most so often whether a peer has changed."""
    _memory.seconds = seconds


def peer_of(session: Session, raw: bytes, address: str) -> PeerEntry | None:
    """Return the peer that sent the message, None where none is known by its MSH-3 and MSH-4."""
    entries = _entries(session)
    header = _header(raw) if entries else None
    if header is None:
        return None
    return queries.sender(
        entries, application=header.text(3), facility=header.text(4), address=address
    )


def _entries(session: Session) -> tuple[PeerEntry, ...]:
    """Return the peers in use, read anew only when one has changed."""
    known = _memory.known.setdefault(session.get_bind().engine, _Known())
    if time.monotonic() - known.looked_at < _memory.seconds:
        return known.entries
    statement = select(Peer.id, Peer.changed_at).where(Peer.active).order_by(Peer.id)
    marks = tuple((row[0], row[1]) for row in session.execute(statement))
    if marks != known.marks:
        known.entries = queries.entries(session)
        known.marks = marks
    known.looked_at = time.monotonic()
    return known.entries


def _header(raw: bytes) -> Segment | None:
    """Read the header before its character set is known: names of senders are ASCII."""
    text = decode.strip(raw).removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    return parse_header(text, codec="latin-1")
