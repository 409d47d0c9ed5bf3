"""Reads of peers, as checked plain entries."""

import ipaddress
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.hl7.peers.file import PeerEntry, Sender
from worklist.hl7.peers.models import Peer


def entries(session: Session) -> tuple[PeerEntry, ...]:
    """Return the peers in use, by name."""
    peers = session.scalars(select(Peer).where(Peer.active).order_by(Peer.name))
    return tuple(as_entry(peer) for peer in peers)


def find(session: Session, name: str) -> PeerEntry | None:
    """Return the peer of this name, also one that is out of use."""
    peer = session.scalar(select(Peer).where(Peer.name == name))
    return as_entry(peer) if peer else None


def as_entry(peer: Peer) -> PeerEntry:
    """Return the row as a checked entry."""
    return PeerEntry.model_validate({key: getattr(peer, key) for key in PeerEntry.model_fields})


def sender(
    peers: Iterable[PeerEntry], *, application: str, facility: str, address: str
) -> PeerEntry | None:
    """Return the peer that a message comes from, None where no peer has such a sender.

    Args:
        peers: Those in use.
        application: MSH-3.1.
        facility: MSH-4.1.
        address: The sender's IP address, empty where it is not known.

    Where several fit, the one that names most of application, facility and address is taken.
    """
    fitting = [
        (_precision(one), peer)
        for peer in peers
        if peer.is_received_from
        for one in peer.senders
        if _fits(one, application, facility, address)
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _fits(one: Sender, application: str, facility: str, address: str) -> bool:
    if one.application not in {"", application} or one.facility not in {"", facility}:
        return False
    return not one.addresses or _is_in(address, one.addresses)


def _is_in(address: str, networks: Iterable[str]) -> bool:
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(given in ipaddress.ip_network(network) for network in networks)


def _precision(one: Sender) -> int:
    return sum(map(bool, (one.application, one.facility, one.addresses)))
