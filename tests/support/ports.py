"""Ports for what is started a moment later, or never: nobody else is given them meanwhile.

A port that the system chose and got back goes to whoever asks next: a test of another process of
the suite, or a connection that goes out. These are below the ones that it chooses from itself.
"""

import itertools
import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

_FIRST, _LAST, _LENGTH = 22_000, 32_000, 100
HOST = "127.0.0.1"


def free_port() -> int:
    """Return a port of this process's own that nobody listens on now.

    Raises:
        OSError: All of them are in use.
    """
    _, ports = _range()
    for port in itertools.islice(ports, _LENGTH):
        if not _is_taken(port):
            return port
    raise OSError("every port of this process's range is in use")


def listens(port: int) -> bool:
    """Return whether somebody listens on this port."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _is_taken(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return True
    return False


@cache
def _range() -> tuple[socket.socket, Iterator[int]]:
    """Take a range for as long as this process lives: whoever holds its first port has it."""
    for first in range(_FIRST, _LAST, _LENGTH):
        held = socket.socket()
        with suppress(OSError):
            held.bind((HOST, first))
            return held, itertools.cycle(range(first + 1, first + _LENGTH))
        held.close()
    raise OSError(f"no range of ports from {_FIRST} to {_LAST} is free")
