"""What lies below a connection: TLS, who may connect, and noticing that the other side is gone."""

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from config import SettingsError

# A dead peer is noticed after 60 s of silence and four unanswered probes, or after 30 s of
# unacknowledged answers.
_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 30_000}


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of a TLS port, and what is served there under which variables."""

    chain: Path
    key: Path | None
    client_ca: Path | None
    what: str
    variables: str

    def context(self) -> ssl.SSLContext:
        """Return the server's context: TLS 1.2 or newer (BCP 195).

        With a ``client_ca``, only clients with a certificate of that authority get in (IHE ATNA,
        ITI TF-2 3.19).

        Raises:
            SettingsError: a file cannot be read or does not hold what it should.
        """
        try:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.client_ca)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(self.chain, self.key)
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
            raise SettingsError(
                f"The certificate for {self.what} over TLS cannot be used "
                f"({self.variables}): {reason}"
            ) from error
        if self.client_ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def client_context(
    ca: str | Path | None,
    certificate: str | Path | None = None,
    key: str | Path | None = None,
) -> ssl.SSLContext:
    """Return TLS settings of who connects: TLS 1.2 or newer, the receiver's name is checked.

    Raises:
        OSError: a file cannot be read, or does not hold what it should.
    """
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate:
        context.load_cert_chain(certificate, key)
    return context


def is_allowed(address: str, networks: Iterable[str]) -> bool:
    """Return whether an address lies in one of the networks; no networks allow everybody."""
    allowed = [ipaddress.ip_network(one, strict=False) for one in networks]
    if not allowed:
        return True
    try:
        sender = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(sender, ipaddress.IPv6Address) and sender.ipv4_mapped:
        sender = sender.ipv4_mapped
    return any(sender in network for network in allowed)


def watch(connection: socket.socket) -> None:
    """Send at once, and let the system notice a peer that has vanished without a word."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        option = getattr(socket, name, None)  # not every system has each
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
