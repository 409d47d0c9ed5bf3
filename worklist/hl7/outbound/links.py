"""Ways to a peer: MLLP, with or without TLS, and HTTP."""

import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Protocol, Self

from worklist.hl7.mllp_client import MllpClient, MllpError
from worklist.hl7.peers import bearer_token
from worklist.hl7.peers.bearer_token import TokenFileError
from worklist.hl7.peers.file import PeerEntry
from worklist.hl7.wire import MEDIA_TYPE
from worklist.language.connecting import reason_of
from worklist.language.text import _
from worklist.transport import client_context

_ANSWER_BYTES = 1024 * 1024
CONNECT_SECONDS = 3.0


class DeliveryError(Exception):
    """There is no answer: the message may or may not have arrived."""


class Link(Protocol):
    """Carries one message after the other to a peer."""

    def send(self, message: bytes) -> bytes:
        """Send a message and return the answer.

        Raises:
            DeliveryError: there is none.
        """

    def close(self) -> None:
        """Let the connection go."""


def link_to(peer: PeerEntry) -> Link:
    """Return the way to the peer; it is opened by the first message.

    Raises:
        DeliveryError: a certificate or the token cannot be read.
    """
    try:
        return HttpLink(peer) if peer.url else MllpLink(peer)
    except TokenFileError as error:
        raise _unusable(peer.token_file, error.text) from error
    except (OSError, ssl.SSLError) as error:
        name = getattr(error, "filename", None) or _("A certificate or key")
        raise _unusable(name, reason_of(error)) from error


def _unusable(name: str, reason: str) -> DeliveryError:
    return DeliveryError(_("%(name)s cannot be used: %(reason)s.", name=name, reason=reason))


class MllpLink:
    """MLLP over one connection that stays open."""

    def __init__(self, peer: PeerEntry) -> None:
        self._client = MllpClient(
            peer.host,
            peer.port or 0,
            timeout=peer.timeout_seconds,
            connect_timeout=min(CONNECT_SECONDS, peer.timeout_seconds),
            tls=tls_context(peer) if peer.tls else None,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, message: bytes) -> bytes:
        """Send a message and return the answer."""
        try:
            return self._client.send(message)
        except MllpError as error:
            raise DeliveryError(str(error)) from error

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()


class HttpLink:
    """HL7 over HTTP: each message is a POST, its acknowledgement the body of the response."""

    def __init__(self, peer: PeerEntry) -> None:
        self._url = peer.url
        self._timeout = peer.timeout_seconds
        self._headers = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
        if peer.token_file:
            self._headers["Authorization"] = f"Bearer {bearer_token.read(Path(peer.token_file))}"
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
        if peer.url.startswith("https:"):
            handlers.append(urllib.request.HTTPSHandler(context=tls_context(peer)))
        self._opener = urllib.request.build_opener(*handlers)

    def send(self, message: bytes) -> bytes:
        """Send a message and return the body of the response."""
        request = urllib.request.Request(  # noqa: S310 - the profile allows http and https alone
            self._url, data=message, headers=self._headers, method="POST"
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return bytes(response.read(_ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            with error:
                body = error.read(_ANSWER_BYTES)
            # An acknowledgement counts, whatever the status of the response.
            if body.lstrip().startswith(b"MSH"):
                return body
            raise DeliveryError(
                _("%(address)s answered HTTP %(code)s.", address=self._url, code=error.code)
            ) from error
        except OSError as error:
            reason = getattr(error, "reason", error)
            told = reason_of(reason) if isinstance(reason, BaseException) else str(reason)
            raise DeliveryError(
                _("No answer from %(address)s: %(reason)s.", address=self._url, reason=told)
            ) from error

    def close(self) -> None:
        """Each message has a connection of its own."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Patients' data go where the profile says and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        """Follow no redirect."""


def tls_context(peer: PeerEntry) -> ssl.SSLContext:
    """Return the TLS settings of the profile: who may sign the peer, and who we are."""
    return client_context(
        peer.tls_ca_file or None, peer.tls_certificate_file or None, peer.tls_key_file or None
    )
