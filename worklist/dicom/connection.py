"""The TCP connection below an association."""

import socket
from typing import Any

from pynetdicom import evt


def send_at_once(event: evt.Event) -> None:
    """Set TCP_NODELAY, which pynetdicom does not: small packets wait for nobody's receipt."""
    transport: Any = event.assoc.dul.socket
    transport.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
