"""Try whether a peer can be reached, without sending it a message."""

import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

from worklist.hl7.outbound.links import CONNECT_SECONDS, tls_context
from worklist.hl7.peers.file import PeerEntry

_PATIENCE_SECONDS = 0.3


class UnreachableError(Exception):
    """The peer cannot be reached; the text says why."""


def probe(peer: PeerEntry) -> str:
    """Connect as for a message, with TLS where the profile says so, and tell what was found.

    Raises:
        UnreachableError: nobody listens, or the certificates do not fit.
    """
    host, port, has_tls = _address(peer)
    begin = time.monotonic()
    try:
        context = tls_context(peer) if has_tls else None
        with socket.create_connection((host, port), CONNECT_SECONDS) as plain:
            if context is None:
                told = f"{host} port {port} answers, {_took(begin)}."
                _stays_open(plain)
                return told
            with context.wrap_socket(plain, server_hostname=host) as secure:
                told = f"{host} port {port} answers by {_secured(secure)}, {_took(begin)}."
                _stays_open(secure)
                return told
    except ssl.SSLCertVerificationError as error:
        text = f"{host} port {port}: its certificate is not accepted: {error.verify_message}."
        raise UnreachableError(text) from error
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise UnreachableError(f"{error.filename or f'{host} port {port}'}: {reason}.") from error


def _stays_open(connection: socket.socket) -> None:
    """Find a peer that hangs up at once: our address or certificate is none that it knows."""
    connection.settimeout(_PATIENCE_SECONDS)
    try:
        closed = not connection.recv(1)
    except TimeoutError:
        return
    if closed:
        raise ConnectionResetError(
            0, "it hangs up at once: it may not allow this address or certificate"
        )


def _address(peer: PeerEntry) -> tuple[str, int, bool]:
    if not peer.url:
        return peer.host, peer.port or 0, peer.tls
    parts = urlsplit(peer.url)
    secure = parts.scheme == "https"
    return parts.hostname or "", parts.port or (443 if secure else 80), secure


def _secured(connection: ssl.SSLSocket) -> str:
    certificate: dict[str, Any] = dict(connection.getpeercert() or {})
    subject = certificate.get("subject", ())
    names = [value for group in subject for key, value in group if key == "commonName"]
    named = ", ".join(names) or "nobody"
    return f"{connection.version()} as {named} until {certificate.get('notAfter', '?')}"


def _took(begin: float) -> str:
    return f"after {(time.monotonic() - begin) * 1000:.0f} ms"
