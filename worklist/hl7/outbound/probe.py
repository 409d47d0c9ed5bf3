"""Try whether a peer can be reached, without sending it a message."""

import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

from worklist.hl7.outbound.links import CONNECT_SECONDS, tls_context
from worklist.hl7.peers.file import PeerEntry
from worklist.language.connecting import reason_of
from worklist.language.text import Text, _

_PATIENCE_SECONDS = 0.3


class UnreachableError(Exception):
    """The peer cannot be reached; ``text`` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


def probe(peer: PeerEntry) -> Text:
    """Connect as for a message, with TLS where the profile says so, and tell what was found.

    Raises:
        UnreachableError: nobody listens, or the certificates do not fit.
    """
    host, port, has_tls = _address(peer)
    try:
        return _connect(host, port, tls_context(peer) if has_tls else None)
    except ssl.SSLCertVerificationError as error:
        text = _(
            "%(host)s port %(port)s: its certificate is not accepted: %(reason)s.",
            host=host,
            port=port,
            reason=error.verify_message,
        )
        raise UnreachableError(text) from error
    except OSError as error:
        place = error.filename or _("%(host)s port %(port)s", host=host, port=port)
        reason = reason_of(error)
        raise UnreachableError(_("%(place)s: %(reason)s.", place=place, reason=reason)) from error


def _connect(host: str, port: int, context: ssl.SSLContext | None) -> Text:
    begin = time.monotonic()
    with socket.create_connection((host, port), CONNECT_SECONDS) as plain:
        if context is None:
            told = _(
                "%(host)s port %(port)s answers, after %(number)s ms.",
                host=host,
                port=port,
                number=_took(begin),
            )
            _stays_open(plain)
            return told
        with context.wrap_socket(plain, server_hostname=host) as secure:
            told = _(
                "%(host)s port %(port)s answers by %(secured)s, after %(number)s ms.",
                host=host,
                port=port,
                secured=_secured(secure),
                number=_took(begin),
            )
            _stays_open(secure)
            return told


def _stays_open(connection: socket.socket) -> None:
    """Find a peer that hangs up at once: our address or certificate is none that it knows."""
    connection.settimeout(_PATIENCE_SECONDS)
    try:
        closed = not connection.recv(1)
    except TimeoutError:
        return
    if closed:
        raise ConnectionResetError(
            0, _("it hangs up at once: it may not allow this address or certificate")
        )


def _address(peer: PeerEntry) -> tuple[str, int, bool]:
    if not peer.url:
        return peer.host, peer.port or 0, peer.tls
    parts = urlsplit(peer.url)
    secure = parts.scheme == "https"
    return parts.hostname or "", parts.port or (443 if secure else 80), secure


def _secured(connection: ssl.SSLSocket) -> Text:
    certificate: dict[str, Any] = dict(connection.getpeercert() or {})
    subject = certificate.get("subject", ())
    names = [value for group in subject for key, value in group if key == "commonName"]
    return _(
        "%(version)s as %(name)s until %(day)s",
        version=connection.version(),
        name=", ".join(names) or _("nobody"),
        day=certificate.get("notAfter", "?"),
    )


def _took(begin: float) -> int:
    """Return the milliseconds since then."""
    return round((time.monotonic() - begin) * 1000)
